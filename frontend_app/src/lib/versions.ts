// The HTTP calls about a recipe's past: its versions, one change taken back, and a version made the newest again.

import { jsonText, type Recipe, type User } from '@recipe-chat/client';
import type { Api } from './api';

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
    this.#path = `/v1/recipes/${encodeURIComponent(recipeId)}`;
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

  /** Takes back what the message at `revision` changed, and nothing else. Asked for twice, it is done once. */
  undo(revision: number): Promise<void> {
    return this.#post('undo', revision, `undo-${revision}`);
  }

  /** Makes the recipe what it was then. `now` is the revision that it has: a later restore of the same is another. */
  restore(revision: number, now: number): Promise<void> {
    return this.#post('restore', revision, `restore-${revision}-${now}`);
  }

  async #post(what: string, revision: number, key: string): Promise<void> {
    const request = {
      method: 'POST',
      headers: { 'idempotency-key': key },
      body: jsonText({ revision }),
    };
    await this.#api.call(`${this.#path}/${what}`, request);
  }
}
