// The HTTP calls about the caller's own account.

import { jsonText, type User } from '@recipe-chat/client';
import type { Api } from './api';

export interface LoginSession {
  id: string;
  created_at: string;
  refreshed_at: string;
  expires_at: string;
  /** The one of this browser. */
  current: boolean;
}

export interface Account {
  user: User & { guest?: boolean };
  username: string;
  created_at: string;
  sessions?: LoginSession[];
}

export class AccountCalls {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  async read(): Promise<Account> {
    return (await this.#api.call('/v1/account')).json();
  }

  /** The new name stands in tokens from the next refresh on, which follows at once. */
  async rename(displayName: string): Promise<void> {
    await this.#send('PATCH', '', { display_name: displayName });
    await this.#api.switchToOther();
  }

  /** Ends all other login sessions. */
  async changePassword(current: string, next: string): Promise<void> {
    await this.#send('POST', '/password', { current_password: current, new_password: next });
  }

  /** A guest becomes an account, and keeps all that is theirs. */
  async claim(username: string, password: string): Promise<void> {
    await this.#send('POST', '/claim', { username, password });
    await this.#api.switchToOther();
  }

  async endSession(id: string): Promise<void> {
    await this.#api.call(`/v1/account/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' });
  }

  async export(): Promise<Blob> {
    return (await this.#api.call('/v1/account/export')).blob();
  }

  async remove(password: string): Promise<void> {
    await this.#send('DELETE', '', { password });
    await this.#api.forget();
  }

  async #send(method: string, path: string, body: unknown): Promise<void> {
    await this.#api.call(`/v1/account${path}`, { method, body: jsonText(body) });
  }
}
