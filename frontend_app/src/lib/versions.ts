// The HTTP calls about a recipe's past: its versions, and one made the newest again.

import { jsonText, type Recipe, type User } from '@recipe-chat/client';
import { type Api, recipePath } from './api';

/** A message that changed the recipe. */
export interface Version {
  revision: number;
  author: User;
  /** RFC 3339. */
  at: string;
  effect: string;
}

export interface VersionPage {
  versions: Version[];
  next_cursor?: string;
}

export class VersionCalls {
  readonly #api: Api;
  readonly #path: string;

  constructor(api: Api, recipeId: string) {
    this.#api = api;
    this.#path = recipePath(recipeId);
  }

  /** The newest first; `before` is the cursor of the page before. */
  async list(before?: string): Promise<VersionPage> {
    const search = before === undefined ? '' : `?before=${before}`;
    return (await this.#api.call(`${this.#path}/versions${search}`)).json();
  }

  /** The recipe as it was after that message. */
  async at(revision: number): Promise<Recipe> {
    const response = await this.#api.call(`${this.#path}?revision=${revision}`);
    return ((await response.json()) as { recipe: Recipe }).recipe;
  }

  /** Makes the recipe what it was then. `now` is the revision that it has: a later restore of the same is another. */
  async restore(revision: number, now: number): Promise<void> {
    const headers = { 'idempotency-key': `restore-${revision}-${now}` };
    const request = { method: 'POST', headers, body: jsonText({ revision }) };
    await this.#api.call(`${this.#path}/restore`, request);
  }
}
