// The HTTP calls about the people of a recipe.

import { jsonText, type User, wellFormed } from '@recipe-chat/client';
import type { MemberRole, Role, Visibility } from './access';
import { type Api, recipePath } from './api';

export interface Member {
  /** Builds before it was told leave it out. */
  id?: string;
  name: string;
  role: MemberRole;
  /** Opened the recipe at least once; else only invited. */
  joined: boolean;
}

export interface Sharing {
  visibility: Visibility;
  owner: User;
  members: Member[];
  your_role: Role;
}

export class SharingCalls {
  readonly #api: Api;
  readonly #path: string;

  constructor(api: Api, recipeId: string) {
    this.#api = api;
    this.#path = recipePath(recipeId);
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

  /** Leaves the recipe. */
  async leave(): Promise<void> {
    await this.#api.call(`${this.#path}/members/me`, { method: 'DELETE' });
  }

  async setVisibility(visibility: Visibility): Promise<void> {
    await this.#put('/visibility', { visibility });
  }

  async #put(path: string, body: unknown): Promise<void> {
    await this.#api.call(this.#path + path, { method: 'PUT', body: jsonText(body) });
  }
}
