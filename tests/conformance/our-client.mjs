// `@recipe-chat/client` as a program that conform-client.mjs can try: each line of standard input is a message. PACKAGE
// names the built package.
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const { Unauthorized, WebSocketManager } = await import(`${process.env.PACKAGE}/index.js`);
const { URL: url, RECIPE: recipe } = process.env;

async function post(path, body) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (response.status === 401) throw new Unauthorized('Sign in again');
  return response.json();
}

let pair = await post('/v1/auth/login', { username: 'ada', password: 'correct horse battery', refresh: 'body' });

async function getToken({ forceRefresh }) {
  if (forceRefresh) pair = await post('/v1/auth/refresh', { refresh_token: pair.refresh_token, refresh: 'body' });
  return pair.access_token;
}

const chat = new WebSocketManager({ url, WebSocket, getToken, maxAuthAttempts: 3 });
chat.connect(recipe).catch(() => {});
createInterface({ input: process.stdin }).on('line', line => chat.send(line));
