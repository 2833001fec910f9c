// The probe application's login, read and write on express-session with its memory store, as its documentation sets it up.
'use strict'
const express = require('express')
const session = require('express-session')

const app = express()
app.use(express.json())
app.get('/status', (_request, response) => response.json({ status: 'up' }))
app.use(session({ name: 'sid', secret: 'of a benchmark', resave: false, saveUninitialized: false }))
app.post('/login', (request, response, next) => {
  request.session.regenerate((error) => {
    if (error) return next(error)
    request.session.user = request.body.user
    request.session.data = {}
    response.json({ user: request.body.user })
  })
})
app.use((request, response, next) => {
  if (request.session.user === undefined) return response.status(401).json({ error: 'no-session' })
  next()
})
app.get('/session', (request, response) => response.json({ user: request.session.user, data: request.session.data }))
app.put('/session/data/:key', (request, response) => {
  request.session.data[request.params.key] = request.body.value
  response.json({})
})
app.listen(Number(process.argv[2]), '127.0.0.1').keepAliveTimeout = 60000
