// The probe application (docs/subject-protocol.md, part 1) on express-session with connect-redis, as its documentation
// sets it up. What is judged is their sessions; here is nothing but requests and answers.
'use strict'
const express = require('express')
const session = require('express-session')
const { RedisStore } = require('connect-redis')
const { createClient } = require('redis')

const [port, redisPort] = process.argv.slice(2).map(Number)
const idleSeconds = Number(process.env.IDLE_SECONDS || 600)
const client = createClient({ url: `redis://127.0.0.1:${redisPort}` })
client.on('error', (error) => console.error(error.message))

const app = express()
app.use(express.json({ strict: false }))
app.get('/status', (_request, response) => {
  response.status(client.isReady ? 200 : 503).json(client.isReady ? { status: 'up' } : {})
})
app.use(session({
  name: 'sid',
  secret: 'not a secret: this server is a subject of tests',
  store: new RedisStore({ client, ttl: idleSeconds }),
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true }
}))

app.post('/login', (request, response, next) => {
  const user = request.body.user
  request.session.regenerate((error) => {
    if (error) return next(error)
    request.session.user = user
    request.session.data = {}
    response.json({ user })
  })
})

app.use((request, response, next) => {
  const key = /^\/session\/data\/([^/]*)$/.exec(request.path)
  const known = key || (request.path === '/session' && request.method === 'GET') ||
    (request.path === '/logout' && request.method === 'POST')
  if (!known) return response.status(404).json({})
  if (key && !/^[A-Za-z0-9._-]{1,64}$/.test(key[1])) return response.status(400).json({})
  if (request.session.user === undefined) return response.status(401).json({ error: 'no-session' })
  next()
})

app.get('/session', (request, response) => {
  response.json({ user: request.session.user, data: request.session.data })
})

app.put('/session/data/:key', (request, response) => {
  request.session.data[request.params.key] = request.body.value
  response.json({})
})

app.delete('/session/data/:key', (request, response) => {
  delete request.session.data[request.params.key]
  response.json({})
})

app.post('/logout', (request, response, next) => {
  request.session.destroy((error) => {
    if (error) return next(error)
    response.clearCookie('sid', { httpOnly: true })
    response.json({})
  })
})

app.use((error, _request, response, _next) => response.status(503).json({ error: error.message }))

const server = app.listen(port, '127.0.0.1')
server.keepAliveTimeout = 60000
client.connect().catch((error) => { console.error(error.message); process.exit(1) })
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections() })
