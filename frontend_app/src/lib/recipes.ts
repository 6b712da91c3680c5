// The HTTP calls about the caller's recipes.

import { jsonText, type User } from '@recipe-chat/client';
import type { Role } from './access';
import { type Api, recipePath } from './api';

/** What the list tells of a recipe; a server of a build before leaves some of it out. */
export interface RecipeSummary {
  id: string;
  title: string;
  role?: Role;
  owned?: boolean;
  tags?: string[];
  servings?: number;
  /** Their names, at most three. */
  first_ingredients?: string[];
  owner?: User;
  /** Members who have come in, at most three. */
  people?: User[];
  changed_at?: string;
  changed_by?: User;
}

export interface RecipePage {
  recipes: RecipeSummary[];
  next_cursor?: string;
}

export class RecipeCalls {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** A page of the caller's recipes, the newest change first. */
  async list(wanted: { query?: string; cursor?: string | null } = {}): Promise<RecipePage> {
    const parameters = new URLSearchParams();
    if (wanted.query) parameters.set('query', wanted.query);
    if (wanted.cursor) parameters.set('cursor', wanted.cursor);
    const search = parameters.size > 0 ? `?${parameters}` : '';
    return (await this.#api.call(`/v1/recipes${search}`)).json();
  }

  async delete(id: string): Promise<void> {
    await this.#api.call(recipePath(id), { method: 'DELETE', keepalive: true });
  }

  async leave(id: string): Promise<void> {
    await this.#api.call(`${recipePath(id)}/members/me`, { method: 'DELETE', keepalive: true });
  }

  /** A private copy of the caller's own; resolves to its id. */
  async copy(id: string): Promise<string> {
    const response = await this.#api.call(`${recipePath(id)}/copy`, { method: 'POST', body: '{}' });
    return ((await response.json()) as { id: string }).id;
  }

  /** Makes a new recipe of the caller's own; resolves to its id, which nobody guesses. */
  async create(title: string): Promise<string> {
    const request = { method: 'POST', body: jsonText({ title }) };
    const created = (await (await this.#api.call('/v1/recipes', request)).json()) as { id: string };
    return created.id;
  }

  /** The recipe as a file in one of the export formats. */
  async download(id: string, format: 'cooklang' | 'schema.org'): Promise<Blob> {
    const path = `${recipePath(id)}?format=${format}`;
    return (await this.#api.call(path)).blob();
  }
}
