// The HTTP calls that make a recipe from a document: what it would become, and then a new recipe, this one anew, or this
// one with more in it.

import { jsonText, type Recipe, randomId } from '@recipe-chat/client';
import { type Api, ApiError } from './api';
import { RecipeCalls } from './recipes';

/** A text in one of the formats that the server reads. */
export interface Document {
  text: string;
  /** Its media type. */
  type: string;
}

export interface Preview {
  recipe: Recipe;
  /** What of the document would not be in it, in words. */
  leftOut: readonly string[];
  /** What to send for exactly this recipe. */
  document: Document;
}

/** What this server can do before anything is changed: as its own description says. */
export interface Offered {
  preview: boolean;
  /** It fetches pages by their addresses. */
  links: boolean;
}

const NOTHING: Offered = { preview: false, links: false };

export class ImportCalls {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /**
   * A server that knows no preview would take the request for the import itself: it is asked for one only when its
   * description has it.
   */
  async offered(): Promise<Offered> {
    try {
      const { paths } = await (await this.#api.callAnonymously('/openapi.json')).json();
      const parameters: { name?: string; $ref?: string }[] =
        paths['/v1/recipes/{id}'].put.parameters;
      const preview = parameters.some(({ name, $ref }) =>
        /(^|\/)preview$/i.test(name ?? $ref ?? ''),
      );
      return { preview, links: preview && '/v1/imports' in paths };
    } catch {
      return NOTHING;
    }
  }

  /** Without a recipe it is one that does not exist yet. */
  async preview(document: Document, recipeId = `new-${randomId()}`): Promise<Preview> {
    const response = await this.#put(recipeId, document, '?preview=true');
    return previewOf(await response.json(), document);
  }

  /** The recipe of a page of the web, which the server fetches. */
  async fetchPage(url: string): Promise<Preview> {
    const request = { method: 'POST', body: jsonText({ url }) };
    const found = await (await this.#api.call('/v1/imports', request)).json();
    const document = { text: JSON.stringify(found.document), type: 'application/json' };
    return previewOf(found, document);
  }

  /** Makes the recipe what the document says. */
  async replace(recipeId: string, document: Document): Promise<void> {
    await this.#put(recipeId, document);
  }

  /** Puts what the document has behind what the recipe has: one change, that can be undone. */
  async add(recipeId: string, { ingredients, steps }: Recipe): Promise<void> {
    const { recipe } = await (await this.#api.call(pathOf(recipeId))).json();
    const whole: Recipe = {
      ...recipe,
      ingredients: [...recipe.ingredients, ...ingredients],
      steps: [...recipe.steps, ...steps],
    };
    await this.#put(recipeId, { text: JSON.stringify(whole), type: 'application/json' });
  }

  /** A new recipe of the caller's own; resolves to its id. One that cannot be filled does not stay. */
  async create(title: string, document: Document): Promise<string> {
    const calls = new RecipeCalls(this.#api);
    const id = await calls.create(title);
    try {
      await this.replace(id, document);
    } catch (error) {
      await calls.delete(id).catch(() => {});
      throw error;
    }
    return id;
  }

  #put(recipeId: string, { text, type }: Document, query = ''): Promise<Response> {
    const headers = { 'content-type': type };
    return this.#api.call(pathOf(recipeId) + query, { method: 'PUT', body: text, headers });
  }
}

const pathOf = (recipeId: string) => `/v1/recipes/${encodeURIComponent(recipeId)}`;

function previewOf(answer: unknown, document: Document): Preview {
  const { recipe, left_out = [] } = answer as { recipe?: Recipe; left_out?: unknown[] };
  if (!recipe) throw new ApiError(0, '');
  return { recipe, leftOut: left_out.map(String), document };
}

export const documentOf = (text: string): Document => ({ text, type: contentTypeOf(text) });

/** The address, when a text is nothing else. */
export function linkIn(text: string): string | null {
  const link = text.trim();
  return /^https?:\/\/\S+$/i.test(link) && URL.canParse(link) ? link : null;
}

/** The name of a new recipe until its document has told one: the first words of the text, if people would read them. */
export function provisionalTitle(text: string): string {
  const line = text.split('\n').find(one => one.trim() !== '') ?? '';
  const isName = contentTypeOf(text) === 'text/plain' && line.trim().length <= 80;
  return isName ? line.replace(/^[#*\s]+/, '').trim() : '';
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
