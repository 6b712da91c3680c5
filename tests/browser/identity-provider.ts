// A small identity provider for one test: discovery, a key, a page on which one signs in as ada or refuses, and tokens
// for codes that come with the right verifier.
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Grant {
  nonce: string;
  challenge: string;
  redirectUri: string;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

export class IdentityProvider {
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #grants = new Map<string, Grant>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<IdentityProvider> {
    const provider = new IdentityProvider();
    await new Promise<void>(resolve => provider.#server.listen(0, '127.0.0.1', resolve));
    return provider;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The flag by which a server lets people sign in there. */
  get flags(): string[] {
    return ['--trusted-issuer', `name=corp,url=${this.url},audience=cook,client_id=kitchen,label=Corp+Kitchens`];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const json = (value: object, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    switch (pathname) {
      case '/.well-known/openid-configuration':
        return void json({
          issuer: this.url,
          jwks_uri: `${this.url}/keys`,
          authorization_endpoint: `${this.url}/authorize`,
          token_endpoint: `${this.url}/token`,
        });
      case '/keys':
        return void json({ keys: [{ ...(this.#keys.publicKey as KeyObject).export({ format: 'jwk' }), kid: 'k1', use: 'sig' }] });
      case '/authorize':
        return void response.writeHead(200, { 'content-type': 'text/html' }).end(this.#page(searchParams));
      case '/token': {
        const tokens = this.#tokens(new URLSearchParams(await bodyOf(request)));
        return void (tokens ? json(tokens) : json({ error: 'invalid_grant' }, 400));
      }
      default:
        response.writeHead(404).end();
    }
  }

  #page(asked: URLSearchParams): string {
    const redirectUri = asked.get('redirect_uri') ?? '';
    const code = `code-${this.#grants.size}`;
    this.#grants.set(code, { nonce: asked.get('nonce') ?? '', challenge: asked.get('code_challenge') ?? '', redirectUri });
    const back = (answer: Record<string, string>) =>
      `${redirectUri}?${new URLSearchParams({ state: asked.get('state') ?? '', ...answer })}`.replaceAll('&', '&amp;');
    return `<!doctype html><html lang="en"><title>Corp</title><link rel="icon" href="data:,"><h1>Corp Kitchens</h1>
      <a href="${back({ code })}">I am Ada</a> <a href="${back({ error: 'access_denied' })}">Never mind</a></html>`;
  }

  #tokens(asked: URLSearchParams): object | null {
    const grant = this.#grants.get(asked.get('code') ?? '');
    const challenge = createHash('sha256').update(asked.get('code_verifier') ?? '').digest('base64url');
    if (grant?.challenge !== challenge || grant.redirectUri !== asked.get('redirect_uri')) return null;
    this.#grants.delete(asked.get('code') ?? '');
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: this.url, aud: 'kitchen', sub: 'u1', iat: now, exp: now + 300, nonce: grant.nonce };
    const message = `${encode({ alg: 'ES256', kid: 'k1' })}.${encode({ ...claims, preferred_username: 'ada', name: 'Ada Lovelace' })}`;
    const signature = sign('sha256', Buffer.from(message), { key: this.#keys.privateKey, dsaEncoding: 'ieee-p1363' });
    return { access_token: 'opaque', token_type: 'Bearer', id_token: `${message}.${signature.toString('base64url')}` };
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}
