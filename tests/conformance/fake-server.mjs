// A server for one client and one case: takes its connections, says what the steps say, and signs it in over HTTP.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { WebSocketServer } from 'ws';

export class FakeServer {
  #http = createServer((request, response) => this.#respond(request, response));
  #sockets = new WebSocketServer({ server: this.#http });
  #connections = [];
  #waiters = new Set();
  #tokens = 0;
  /** How long a refresh takes, in ms. */
  refreshTakes = 0;

  async open() {
    this.#sockets.on('connection', socket => {
      this.#connections.push(new ClientConnection(socket));
      for (const resume of this.#waiters) resume();
    });
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    return `http://127.0.0.1:${this.#http.address().port}`;
  }

  /** The next connection of the client; null when none comes in time. */
  async connection(within) {
    const deadline = Date.now() + within;
    while (this.#connections.length === 0 && Date.now() < deadline)
      await new Promise(resolve => {
        const done = () => {
          clearTimeout(timer);
          this.#waiters.delete(done);
          resolve();
        };
        const timer = setTimeout(done, deadline - Date.now());
        this.#waiters.add(done);
      });
    return this.#connections.shift() ?? null;
  }

  close() {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    this.#http.close();
  }

  #respond(request, response) {
    const json = (status, body) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (!request.url.startsWith('/v1/auth/')) return json(200, { id: 'pancakes', recipes: [] });
    if (request.url === '/v1/auth/logout') return response.writeHead(204).end();
    this.#tokens += 1;
    const pair = {
      access_token: `token-${this.#tokens}`,
      token_type: 'Bearer',
      expires_in: 900,
      user: { id: 'u-ada', name: 'ada' },
      refresh_token: `refresh-${this.#tokens}`,
    };
    const delay = request.url === '/v1/auth/refresh' ? this.refreshTakes : 0;
    setTimeout(() => json(request.url === '/v1/auth/register' ? 201 : 200, pair), delay);
  }
}

/** What a client sends, in order. Its pings are answered, and its `typing` does not count. */
class ClientConnection {
  #socket;
  #received = [];
  #notify = () => {};
  #isClosed = false;

  constructor(socket) {
    this.#socket = socket;
    socket.on('message', data => {
      const frame = JSON.parse(String(data));
      if (frame.type === 'ping') return this.say('pong', { in_reply_to: frame.id });
      if (frame.type !== 'typing') this.#received.push(frame);
      this.#notify();
    });
    socket.on('close', () => {
      this.#isClosed = true;
      this.#notify();
    });
    socket.on('error', () => {});
  }

  say(type, payload) {
    const id = `server-${Math.random()}`;
    this.#socket.send(JSON.stringify({ type, id, timestamp: new Date().toISOString(), payload }));
  }

  /** The next frame; null when none comes in time. */
  async frame(within) {
    if (this.#received.length === 0 && !this.#isClosed)
      await new Promise(resolve => {
        const timer = setTimeout(resolve, within);
        this.#notify = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    return this.#received.shift() ?? null;
  }

  close(code, reason) {
    this.#socket.close(code, reason);
  }

  drop() {
    this.#socket.terminate();
  }
}
