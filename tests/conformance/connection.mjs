// One WebSocket of a case: keeps what the server sends, in order, and checks what holds for every frame and every close.
import WebSocket from 'ws';

const MAX_FRAME = 512 * 1024;
/** A change of the session, such as of the role. */
const isSessionChange = ({ type, payload }) =>
  type === 'recipe_update' && !payload?.message && !payload?.in_reply_to;

export class Connection {
  #socket;
  #received = [];
  /** Frames that may come between others at any time. */
  #unsolicited = new Set();
  #notify = () => {};
  #closed = null;
  #isAuthenticated = false;
  #closedByUs = false;
  #lastRevision = 0;
  /** What broke the contract in a frame that no step asked about. */
  faults = [];
  protocol = '';

  /** Resolves when the upgrade is done; rejects with the status when it was refused. */
  static open(url, recipe, { origin, protocols = [] } = {}) {
    const address = `${url.replace(/^http/, 'ws')}/v1/chat/${recipe}`;
    const socket = new WebSocket(address, protocols, origin ? { origin } : {});
    const connection = new Connection(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => {
        connection.protocol = socket.protocol;
        resolve(connection);
      });
      socket.once('unexpected-response', (_, { statusCode }) => {
        socket.terminate();
        reject(Object.assign(new Error(`the upgrade was answered by ${statusCode}`), { status: statusCode }));
      });
      socket.on('error', reject);
    });
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      this.#received.push(this.#read(data, isBinary));
      this.#notify();
    });
    socket.on('close', (code, reason) => {
      this.#closed = { code, reason: String(reason) };
      this.#notify();
    });
  }

  send(text) {
    this.#socket.send(text);
  }

  sendBinary(bytes) {
    this.#socket.send(Buffer.alloc(bytes), { binary: true });
  }

  sendPing() {
    this.#socket.ping();
  }

  leave() {
    this.#closedByUs = true;
    this.#socket.close(1000);
  }

  end() {
    this.#socket.terminate();
  }

  /** The next frame that answers somebody, or is of the type that is asked for. */
  async frame(type, deadline) {
    for (;;) {
      const at = this.#received.findIndex(frame => frame.type === type || !this.#unsolicited.has(frame));
      if (at >= 0) return this.#received.splice(at, 1)[0];
      if (this.#closed) throw new Error(`closed by ${JSON.stringify(this.#closed)}`);
      await this.#nextEvent(deadline);
    }
  }

  /** The close; what came before it and nobody asked about is dropped. */
  async close(deadline) {
    while (!this.#closed) await this.#nextEvent(deadline);
    const last = this.#received.at(-1);
    const announced = last?.type === 'closing' ? last.payload : null;
    const { code, reason } = this.#closed;
    const isOurs = this.#closedByUs || code === 1006;
    if (this.#isAuthenticated && !isOurs && (announced?.code !== code || announced?.reason !== reason))
      this.faults.push(`the last frame before the close is no "closing" with its code and reason`);
    return this.#closed;
  }

  #nextEvent(deadline) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing came in time')), deadline - Date.now());
      this.#notify = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #read(data, isBinary) {
    if (isBinary) this.faults.push('a binary frame');
    if (data.length > MAX_FRAME) this.faults.push(`a frame of ${data.length} bytes`);
    let frame;
    try {
      frame = JSON.parse(String(data));
    } catch {
      this.faults.push('a frame that is not JSON');
      return {};
    }
    const { type, id, timestamp, payload } = frame;
    const isObject = typeof payload === 'object' && payload !== null;
    if (typeof type !== 'string' || typeof id !== 'string' || Number.isNaN(Date.parse(timestamp)) || !isObject)
      this.faults.push(`a frame without type, id, timestamp and payload: ${String(data).slice(0, 200)}`);
    const isChange = this.#isAuthenticated && isSessionChange(frame);
    if (isChange) frame.type = 'session_change';
    if (isChange || type === 'presence' || type === 'auth_required') this.#unsolicited.add(frame);
    if (type === 'recipe_update') this.#checkOrder(payload);
    return frame;
  }

  /** Revisions only go on, but for the answer to a message that was accepted before. */
  #checkOrder({ revision, message, in_reply_to }) {
    if (message && in_reply_to === undefined && revision <= this.#lastRevision)
      this.faults.push(`revision ${revision} after ${this.#lastRevision}`);
    this.#isAuthenticated = true;
    this.#lastRevision = Math.max(this.#lastRevision, revision);
  }
}
