// The HTTP calls about who may come into a recipe, and about bringing one in from elsewhere.

import type { Api } from './api';
import { jsonText, wellFormed } from './json';
import type { User } from './ws/protocol';

export type Visibility = 'public' | 'private';
export type MemberRole = 'editor' | 'viewer';

export interface Member {
  name: string;
  role: MemberRole;
  /** Came in at least once; else only invited. */
  joined: boolean;
}

export interface Sharing {
  visibility: Visibility;
  owner: User;
  members: Member[];
  your_role: MemberRole | 'owner';
}

export class SharingCalls {
  readonly #api: Api;
  readonly #path: string;

  constructor(api: Api, recipeId: string) {
    this.#api = api;
    this.#path = `/v1/recipes/${encodeURIComponent(recipeId)}`;
  }

  async read(): Promise<Sharing> {
    return (await this.#api.call(`${this.#path}/members`)).json();
  }

  async invite(name: string, role: MemberRole): Promise<void> {
    await this.#put(`/members/${encodeURIComponent(wellFormed(name))}`, { role });
  }

  async remove(name: string): Promise<void> {
    const path = `${this.#path}/members/${encodeURIComponent(name)}`;
    await this.#api.call(path, { method: 'DELETE' });
  }

  async open(visibility: Visibility): Promise<void> {
    await this.#put('/visibility', { visibility });
  }

  /** Puts the recipe that a text describes in the place of this one. */
  async bringIn(text: string): Promise<void> {
    const headers = { 'content-type': kindOf(text) };
    await this.#api.call(this.#path, { method: 'PUT', body: text, headers });
  }

  async #put(path: string, body: unknown): Promise<void> {
    await this.#api.call(this.#path + path, { method: 'PUT', body: jsonText(body) });
  }
}

/** What a text that describes a recipe is: linked data, this app's own JSON, or else Cooklang. */
export function kindOf(text: string): string {
  try {
    const data: unknown = JSON.parse(text);
    const isOwn = typeof data === 'object' && data !== null && 'ingredients' in data;
    return isOwn ? 'application/json' : 'application/ld+json';
  } catch {
    return 'text/x-cooklang';
  }
}
