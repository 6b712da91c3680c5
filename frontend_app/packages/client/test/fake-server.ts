// The other end of every FakeSocket: stores each message once, answers in order, and loses what the test tells it to.
import type { AuthPayload, ChatMessage, ClientFrame } from '../src/protocol.ts';
import type { FakeEnvironment } from './fake-environment.ts';
import { type FakeSocket, recipeOf, SESSION, update } from './fake-socket.ts';

export class FakeServer {
  readonly stored: ChatMessage[] = [];
  /** Sockets on which this server has answered an `auth`. */
  readonly welcomed = new Set<FakeSocket>();
  /** Refuses chat messages for the moment. */
  refuses: 'rate_limited' | 'unavailable' | null = null;
  refusals = 0;
  #others = 0;
  /** Chat messages on a socket that was not signed in. */
  violations = 0;
  readonly #env: FakeEnvironment;
  readonly #read = new Map<FakeSocket, number>();
  readonly #answers = new Map<FakeSocket, (() => void)[]>();

  constructor(env: FakeEnvironment) {
    this.#env = env;
  }

  accept(): void {
    const socket = this.#env.sockets.at(-1);
    if (socket?.isLive && !socket.accepted) socket.accept();
  }

  /** Reads and acts on the next frame; the answer is made, but not delivered. */
  read(): void {
    const socket = this.#env.live.at(-1);
    if (!socket) return;
    const at = this.#read.get(socket) ?? 0;
    const frame = socket.sent[at];
    if (!frame) return;
    this.#read.set(socket, at + 1);
    this.#act(socket, frame);
  }

  deliver(): void {
    const socket = this.#env.live.at(-1);
    if (socket) this.#answers.get(socket)?.shift()?.();
  }

  drop(code: number, reason: string): void {
    this.#env.live.at(-1)?.drop(code, reason);
  }

  askForAuth(): void {
    const socket = this.#env.live.at(-1);
    if (!socket || !this.welcomed.has(socket)) return;
    const expires_at = '2026-11-22T20:36:32.000Z';
    socket.say('auth_required', { reason: 'Token expiring soon', expires_at });
  }

  /** Another person writes a message. */
  otherWrites(): void {
    this.#others += 1;
    const revision = this.#store('u-bob', `bob-${this.#others}`, 'from bob');
    const socket = this.#env.live.at(-1);
    if (!socket || !this.welcomed.has(socket)) return;
    this.#later(socket, () => this.#sayMessage(socket, revision));
  }

  #act(socket: FakeSocket, frame: ClientFrame): void {
    switch (frame.type) {
      case 'auth':
        return this.#later(socket, () => this.#welcome(socket, frame.id ?? '', frame.payload));
      case 'ping':
        return this.#later(socket, () => socket.say('pong', { in_reply_to: frame.id }));
      case 'chat_message':
        return this.#chat(socket, frame.id, frame.payload.content);
      case 'typing':
        return;
      default:
        frame satisfies never;
    }
  }

  #chat(socket: FakeSocket, id: string, content: string): void {
    if (!this.welcomed.has(socket)) this.violations += 1;
    if (this.refuses) {
      this.refusals += 1;
      const error = { code: this.refuses, message: '', retryable: true, in_reply_to: id };
      return this.#later(socket, () => socket.say('error', error));
    }
    const before = this.stored.find(message => message.id === id);
    const revision = before?.revision ?? this.#store('u-ada', id, content);
    this.#later(socket, () => this.#sayMessage(socket, revision, id));
  }

  #store(author: string, id: string, content: string): number {
    const revision = this.stored.length + 2;
    const timestamp = '2026-11-22T20:36:02.000Z';
    this.stored.push({
      id,
      author: { id: author, name: author },
      content,
      timestamp,
      revision,
      effect: null,
    });
    return revision;
  }

  /** Restarts on a backup that has the first `kept` messages only; returns what is lost. */
  restoreBackup(kept: number): ChatMessage[] {
    this.drop(1006, '');
    return this.stored.splice(kept);
  }

  #welcome(socket: FakeSocket, in_reply_to: string, from: AuthPayload): void {
    this.welcomed.add(socket);
    const known = from.revision ?? null;
    const recovered = known === null ? {} : { recovered: this.#knows(known, from.message_id) };
    const after = recovered.recovered ? (known ?? 0) : 0;
    const messages = this.stored.filter(({ revision }) => revision > after);
    const revision = this.stored.length + 1;
    const session = SESSION;
    socket.say(
      'recipe_update',
      update({ revision, recipe: recipeOf(), messages, session, in_reply_to, ...recovered }),
    );
  }

  /** The first revision has no message. */
  #knows(revision: number, id: string | null | undefined): boolean {
    return revision === 1 || (!!id && this.stored[revision - 2]?.id === id);
  }

  #sayMessage(socket: FakeSocket, revision: number, in_reply_to?: string): void {
    const message = this.stored[revision - 2];
    if (!message) return;
    const more = in_reply_to === undefined ? {} : { in_reply_to };
    socket.say('recipe_update', update({ revision, message, ...more }));
  }

  #later(socket: FakeSocket, answer: () => void): void {
    this.#answers.set(socket, [...(this.#answers.get(socket) ?? []), answer]);
  }
}
