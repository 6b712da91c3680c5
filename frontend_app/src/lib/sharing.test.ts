// What is sent when people are invited.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Api } from './api';
import { SharingCalls } from './sharing';

let asked: string[];
let calls: SharingCalls;

beforeEach(() => {
  asked = [];
  const call = async (path: string, { method = 'GET', body }: RequestInit = {}) => {
    asked.push([method, path, body].filter(Boolean).join(' '));
    return Response.json({ visibility: 'public' });
  };
  calls = new SharingCalls({ call } as unknown as Api, 'pancakes');
});

describe('sharing', () => {
  it('makes one call for each change', async () => {
    await calls.read();
    await calls.invite('bob b', 'viewer');
    await calls.remove('bob');
    await calls.setVisibility('private');
    expect(asked).toEqual([
      'GET /v1/recipes/pancakes/members',
      'PUT /v1/recipes/pancakes/members/bob%20b {"role":"viewer"}',
      'DELETE /v1/recipes/pancakes/members/bob',
      'PUT /v1/recipes/pancakes/visibility {"visibility":"private"}',
    ]);
  });
});
