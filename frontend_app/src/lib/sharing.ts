// The HTTP calls about the people of a recipe, and for the import of one.

import { jsonText, type User, wellFormed } from '@recipe-chat/client';
import type { MemberRole, Role, Visibility } from './access';
import type { Api } from './api';

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

  /** Leaves the recipe. */
  async leave(): Promise<void> {
    await this.#api.call(`${this.#path}/members/me`, { method: 'DELETE' });
  }

  async setVisibility(visibility: Visibility): Promise<void> {
    await this.#put('/visibility', { visibility });
  }

  /** Replaces this recipe by the one in the text. */
  async importRecipe(text: string): Promise<void> {
    const headers = { 'content-type': contentTypeOf(text) };
    await this.#api.call(this.#path, { method: 'PUT', body: text, headers });
  }

  async #put(path: string, body: unknown): Promise<void> {
    await this.#api.call(this.#path + path, { method: 'PUT', body: jsonText(body) });
  }
}

/** The format of a recipe's text: linked data, this app's own JSON, a page, Cooklang, or plain text. */
export function contentTypeOf(text: string): string {
  try {
    const data: unknown = JSON.parse(text);
    const isOwn = typeof data === 'object' && data !== null && 'ingredients' in data;
    return isOwn ? 'application/json' : 'application/ld+json';
  } catch {
    if (/^\s*<(!doctype|html|\?xml|!--|head|body|div|script)/i.test(text)) return 'text/html';
    return COOKLANG.test(text) ? 'text/x-cooklang' : 'text/plain';
  }
}

/** Its marks for ingredients, cookware and timers, or its metadata; no text for people has them. */
const COOKLANG = /(^|\s)[@#~][^\s@#~{}][^\n@#~{}]*\{[^}\n]*\}|(^|\s)@\p{Letter}+|~\{|^>>/mu;
