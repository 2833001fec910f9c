// An adapter that does nothing: what a turn costs by itself.
'use strict';
require('readline').createInterface({input: process.stdin}).on('line', (line) => {
  const m = JSON.parse(line);
  if (m.op === 'hello') process.stdout.write(`{"re":${m.id},"protocol":1,"name":"empty","features":[]}\n{"done":${m.id}}\n`);
  else process.stdout.write(`{"done":${m.id}}\n`);
});
