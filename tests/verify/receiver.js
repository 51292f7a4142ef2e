// A receiver that checks signatures the way Segment's customers do, in the language of Segment's documentation.
//
// Listens on 127.0.0.1, prints {"port":…}, then one JSON line per POST, PUT or PATCH, and answers each with 200. The secret is
// in the environment (SHARED_SECRET). Ends when its standard input does, so it never outlives what started it.
//
// "restringified": the documented recipe, over JSON.stringify(JSON.parse(body)); of the first element of a batch.
// "raw": over the bytes as they came.
'use strict';

const { createHmac } = require('node:crypto');
const { createServer } = require('node:http');

const secret = process.env.SHARED_SECRET ?? '';

const sign = (content) => createHmac('sha1', secret).update(content).digest('hex');

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function parse(body) {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function judge(request, body) {
  const parsed = parse(body);
  const signed = Array.isArray(parsed) ? parsed[0] : parsed;
  const signature = request.headers['x-signature'];
  return {
    method: request.method,
    path: request.url,
    items: Array.isArray(parsed) ? parsed.map((item) => item?.messageId ?? null) : null,
    type: signed?.type ?? null,
    restringified: signed !== undefined && signature === sign(JSON.stringify(signed)),
    raw: signature === sign(body),
    headers: request.headers,
  };
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (!['POST', 'PUT', 'PATCH'].includes(request.method)) {
      response.writeHead(405).end();
      return;
    }
    print(judge(request, Buffer.concat(chunks)));
    response.writeHead(200).end();
  });
});

server.listen(0, '127.0.0.1', () => print({ port: server.address().port }));
process.stdin.on('end', () => process.exit(0)).resume();
