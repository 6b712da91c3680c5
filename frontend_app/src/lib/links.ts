// The HTTP calls about share links: a link lets whoever has it become a member of a recipe.

import { jsonText } from '@recipe-chat/client';
import type { MemberRole } from './access';
import { type Api, recipePath } from './api';

export interface ShareLink {
  id: string;
  role: MemberRole;
  /** RFC 3339; absent when it does not expire. */
  expires_at?: string | null;
  created_at?: string;
}

/** `url` is told at its creation only: the server keeps a hash. */
export type NewLink = ShareLink & { url: string };

/** What a link leads to, as anybody may know who has it. */
export interface Invitation {
  title: string;
  /** The name of whoever made the link. */
  by: string;
  role: MemberRole;
}

export class LinkCalls {
  readonly #api: Api;
  readonly #path: string;

  constructor(api: Api, recipeId: string) {
    this.#api = api;
    this.#path = `${recipePath(recipeId)}/links`;
  }

  async list(): Promise<ShareLink[]> {
    const answer = (await (await this.#api.call(this.#path)).json()) as { links: ShareLink[] };
    return answer.links;
  }

  async create(role: MemberRole): Promise<NewLink> {
    const request = { method: 'POST', body: jsonText({ role }) };
    return (await this.#api.call(this.#path, request)).json();
  }

  async takeBack(id: string): Promise<void> {
    await this.#api.call(`${this.#path}/${encodeURIComponent(id)}`, { method: 'DELETE' });
  }
}

/** For anybody, also without an account. */
export async function describeLink(api: Api, token: string): Promise<Invitation> {
  return (await api.callAnonymously(pathOf(token))).json();
}

/** Makes the caller a member; resolves to the recipe. */
export async function acceptLink(api: Api, token: string): Promise<string> {
  const response = await api.call(pathOf(token), { method: 'POST', body: '{}' });
  return ((await response.json()) as { recipe_id: string }).recipe_id;
}

const pathOf = (token: string) => `/v1/links/${encodeURIComponent(token)}`;
