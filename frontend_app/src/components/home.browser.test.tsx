// The pages around the recipes: home, an address that leads nowhere, a login that has ended, and the sign-out.
import '../styles/app.css';
import { indexedDbOutbox } from '@recipe-chat/client/indexed-db';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import { recipeOf } from '../../packages/client/test/fake-socket';
import { expectAccessibleEverywhere } from '../../test/axe';
import { App } from '../app';
import { Api } from '../lib/api';
import { StoredTokens } from '../lib/auth/stored-tokens';
import { keepRecipe } from '../lib/kept-recipes';

const ADA = { id: 'u-ada', name: 'ada' };
const pair = { access_token: 't', expires_in: 900, user: ADA };
const denied = () =>
  Response.json(
    { title: 'Unauthorized' },
    { status: 401, headers: { 'content-type': 'application/problem+json' } },
  );

let asked: string[];
let answers: Record<string, () => Response | Promise<Response>>;

beforeEach(async () => {
  await page.viewport(1280, 800);
  history.replaceState(null, '', '/');
  asked = [];
  answers = {
    'GET /v1/recipes': () => Response.json({ recipes: [{ id: 'soup', title: 'Soup' }] }),
    'POST /v1/recipes': () => Response.json({ id: 'pancakes-k3f9x2' }, { status: 201 }),
    'POST /v1/auth/login': () => Response.json(pair),
    'POST /v1/auth/refresh': denied,
    'POST /v1/auth/logout': () => new Response(null, { status: 204 }),
  };
  vi.stubGlobal('fetch', async (url: string, { method = 'GET', body }: RequestInit = {}) => {
    asked.push(`${method} ${url} ${body ?? ''}`.trim());
    const answer = answers[`${method} ${url}`] ?? answers[`${method} ${url.split('?')[0]}`];
    if (!answer) throw new TypeError('network');
    return answer();
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  history.replaceState(null, '', '/');
  localStorage.clear();
  sessionStorage.clear();
});

async function openAt(path: string, expires_in = 900) {
  history.replaceState(null, '', path);
  const tokens = new StoredTokens();
  tokens.accept({ ...pair, expires_in });
  await render(<App tokens={tokens} api={new Api(tokens)} />);
  return tokens;
}

describe('home', () => {
  it('creates a recipe of one’s own under an id that the server makes, and goes there', async () => {
    await openAt('/');
    await page.getByLabelText('Name of the dish').fill('Pancakes');
    await page.getByRole('button', { name: 'New recipe' }).click();
    await expect.poll(() => location.pathname).toBe('/r/pancakes-k3f9x2');
    expect(asked).toContain('POST /v1/recipes {"title":"Pancakes"}');
  });

  it('creates one by Enter, but imports a link, however it came into the field', async () => {
    await openAt('/');
    const name = page.getByLabelText('Name of the dish');
    await name.fill('https://cook.example/soup');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByRole('dialog', { name: 'Import a recipe' })).toBeVisible();
    expect(asked.filter(line => line.startsWith('POST'))).toEqual([]);
    await userEvent.keyboard('{Escape}');
    await name.fill('Pancakes');
    await userEvent.keyboard('{Enter}');
    await expect.poll(() => location.pathname).toBe('/r/pancakes-k3f9x2');
  });

  it('has the new recipe as its first card, and a way back there when that has scrolled away', async () => {
    const recipes = Array.from({ length: 30 }, (_, at) => ({ id: `r${at}`, title: `Soup ${at}` }));
    answers['GET /v1/recipes'] = () => Response.json({ recipes });
    await openAt('/');
    await expect.element(page.getByRole('link', { name: 'Soup 29' })).toBeInTheDocument();
    for (const width of [1280, 390]) {
      await page.viewport(width, 800);
      const [first] = document.querySelectorAll('.recipe-shelf > li');
      expect(first?.contains(page.getByLabelText('Name of the dish').element())).toBe(true);
      await expect.poll(() => document.querySelector('.to-new-recipe')).toBeNull();
      window.scrollTo(0, document.body.scrollHeight);
      await expect.poll(() => document.querySelector('.to-new-recipe')).not.toBeNull();
      document.querySelector<HTMLElement>('.to-new-recipe')?.click();
      await expect.poll(() => document.activeElement?.id).toBe('recipe-title');
      await expect.element(page.getByLabelText('Name of the dish')).toBeInViewport();
    }
  });

  it('offers to sign in again when the login has ended, and goes on from there', async () => {
    await openAt('/', 1);
    await expect.element(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
    expect(document.querySelector('.skeleton')).toBeNull();
    await page.getByLabelText('Password', { exact: true }).fill('correct horse');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect.element(page.getByRole('link', { name: 'Soup' })).toBeVisible();
  });

  it('says that the list cannot be loaded, and tries again', async () => {
    const list = answers['GET /v1/recipes'];
    delete answers['GET /v1/recipes'];
    await openAt('/');
    const again = page.getByRole('button', { name: 'Try again' });
    await expect.element(again).toBeVisible();
    if (list) answers['GET /v1/recipes'] = list;
    await again.click();
    await expect.element(page.getByRole('link', { name: 'Soup' })).toBeVisible();
  });
});

describe('the shelf', () => {
  const recipe = (id: string, more = {}) => ({ id, title: id, role: 'owner', ...more });
  const titles = () => [...document.querySelectorAll('h2')].map(({ textContent }) => textContent);

  it('shows what each recipe is and who changed it last, page by page, and filters', async () => {
    const leo = { id: 'u-leo', name: 'leo' };
    const soup = recipe('Soup', {
      servings: 4,
      tags: ['winter'],
      first_ingredients: ['leeks', 'potatoes', 'cream'],
      changed_by: leo,
      owner: ADA,
      people: [leo, { id: 'u-zoe', name: 'zoe' }],
    });
    const now = new Date().toISOString();
    let page_ = { recipes: [{ ...soup, changed_at: now }], next_cursor: 'c1' } as object;
    answers['GET /v1/recipes'] = () => Response.json(page_);
    await openAt('/');
    await expect.element(page.getByText('Serves 4')).toBeVisible();
    await expect.element(page.getByText('leo just now')).toBeVisible();
    await expect.element(page.getByText('leeks, potatoes, cream')).toBeVisible();
    const faces = [...document.querySelectorAll('.recipe-tile .face')];
    expect(faces.map(face => face.getAttribute('aria-label'))).toEqual(['leo', 'zoe', 'ada']);
    page_ = { recipes: [recipe('Bread', { role: 'viewer' })] };
    await page.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(titles).toEqual(['Soup', 'Bread']);
    expect(asked).toContain('GET /v1/recipes?cursor=c1');
    await expect.element(page.getByRole('button', { name: 'Show more' })).not.toBeInTheDocument();
    await page.getByRole('button', { name: 'Shared with me' }).click();
    await expect.poll(titles).toEqual(['Bread']);
  });

  it('is searched while one types, on the server', async () => {
    await openAt('/');
    await page.getByRole('searchbox').fill('flour');
    await expect.poll(() => asked).toContain('GET /v1/recipes?query=flour');
    expect(asked.filter(line => line.includes('query'))).toHaveLength(1);
  });

  it('offers the tags of the recipes, and shows those that have one, also beyond the first page', async () => {
    const recipes = [
      recipe('Soup', { tags: ['winter', 'vegan'] }),
      recipe('Stew', { tags: ['winter'] }),
      recipe('Bread'),
    ];
    answers['GET /v1/recipes'] = () => Response.json({ recipes });
    // The server finds the word in titles and ingredients too.
    const found = [recipe('Dal', { tags: ['vegan'] }), recipe('Vegan cheese'), recipes[0]];
    answers['GET /v1/recipes?query=vegan'] = () => Response.json({ recipes: found });
    await openAt('/');
    await expect.poll(titles).toEqual(['Soup', 'Stew', 'Bread']);
    const tags = () =>
      [...document.querySelectorAll('.chip')].slice(3).map(({ textContent }) => textContent);
    expect(tags()).toEqual(['winter', 'vegan']);
    await page.getByRole('button', { name: 'vegan' }).click();
    await expect.poll(titles).toEqual(['Dal', 'Soup']);
    expect(tags()).toEqual(['winter', 'vegan']);
    await page.getByRole('button', { name: 'vegan' }).click();
    await expect.poll(titles).toEqual(['Soup', 'Stew', 'Bread']);
  });

  it('has recipes to begin with while it is empty, each one tap away, but not in place of what was searched', async () => {
    answers['GET /v1/recipes'] = () => Response.json({ recipes: [] });
    answers['PUT /v1/recipes/pancakes-k3f9x2'] = () => Response.json({});
    await openAt('/');
    await expect.element(page.getByText('Your shelf is empty.', { exact: false })).toBeVisible();
    await expect.poll(titles).toEqual(['Saturday pancakes', 'Weeknight tomato soup']);
    await page.getByRole('searchbox').fill('x');
    await expect.element(page.getByText('Nothing found.')).toBeVisible();
    expect(titles()).toEqual([]);
    await page.getByRole('searchbox').fill('');
    await expect.poll(titles).toHaveLength(2);
    await expectAccessibleEverywhere();
    await page.getByRole('button', { name: 'Copy Saturday pancakes' }).click();
    await expect.poll(() => location.pathname).toBe('/r/pancakes-k3f9x2');
    const put = asked.find(line => line.startsWith('PUT'))?.split('pancakes-k3f9x2 ')[1] ?? '';
    const { ingredients, servings } = JSON.parse(put);
    expect(servings).toBe(4);
    expect(ingredients[0]).toMatchObject({ quantity: '200', unit: 'g', name: 'flour' });
  });

  it('copies a recipe, and goes to the copy', async () => {
    answers['POST /v1/recipes/soup/copy'] = () => Response.json({ id: 'soup-2' }, { status: 201 });
    await openAt('/');
    await expect.element(page.getByRole('link', { name: 'Soup' })).toBeVisible();
    openMenu('More about Soup');
    await page.getByRole('button', { name: 'Make a copy' }).click();
    await expect.poll(() => location.pathname).toBe('/r/soup-2');
  });

  it('deletes a recipe ten seconds later, unless that is taken back', async () => {
    answers['GET /v1/recipes'] = () => Response.json({ recipes: [recipe('soup')] });
    answers['DELETE /v1/recipes/soup'] = () => new Response(null, { status: 204 });
    await openAt('/');
    await expect.element(page.getByRole('link', { name: 'soup' })).toBeVisible();
    vi.useFakeTimers();
    const begin = () => {
      openMenu('More about soup');
      (page.getByRole('button', { name: 'Delete' }).element() as HTMLElement).click();
    };
    begin();
    await vi.advanceTimersByTimeAsync(9_000);
    (page.getByRole('button', { name: 'Undo' }).element() as HTMLElement).click();
    await vi.advanceTimersByTimeAsync(9_000);
    expect(asked).not.toContain('DELETE /v1/recipes/soup');
    begin();
    await vi.advanceTimersByTimeAsync(10_100);
    vi.useRealTimers();
    await expect.poll(() => asked).toContain('DELETE /v1/recipes/soup');
    await expect.poll(titles).not.toContain('soup');
  });

  it('shows the recipes that are kept in this browser where there is no network, and the others when it is back', async () => {
    localStorage.setItem('recipe_chat_user', JSON.stringify(ADA));
    const kept = recipeOf({ title: 'Kept soup', tags: ['winter'] });
    keepRecipe(ADA.id, 'soup', { recipe: kept, messages: [], role: 'owner' }, 1_000);
    keepRecipe(ADA.id, 'pie', {
      recipe: { ...kept, title: 'Kept pie' },
      messages: [],
      role: 'viewer',
    });
    const list = answers['GET /v1/recipes'];
    delete answers['GET /v1/recipes'];
    await openAt('/');
    await expect
      .element(page.getByText('These recipes are on this device.', { exact: false }))
      .toBeVisible();
    expect(titles()).toEqual(['Kept pie', 'Kept soup']);
    await expectAccessibleEverywhere();
    await page.getByRole('searchbox').fill('sou');
    await expect.poll(titles).toEqual(['Kept soup']);
    await page.getByRole('searchbox').fill('');
    if (list) answers['GET /v1/recipes'] = list;
    dispatchEvent(new Event('online'));
    await expect.poll(titles).toEqual(['Soup']);
  });

  it('has no axe violations, at any width in either theme', async () => {
    const changed = { changed_at: new Date().toISOString(), changed_by: ADA };
    const recipes = [
      recipe('Soup', { tags: ['winter'], first_ingredients: ['leeks'], ...changed }),
    ];
    answers['GET /v1/recipes'] = () => Response.json({ recipes });
    await openAt('/');
    await expect.element(page.getByRole('button', { name: 'winter' })).toBeVisible();
    await expectAccessibleEverywhere();
  });

  function openMenu(name: string): void {
    const menus = [...document.querySelectorAll('summary')];
    menus.find(({ textContent }) => textContent?.includes(name))?.click();
  }
});

describe('the landing page', () => {
  it('has an example that one can talk to without an account, and no axe violations', async () => {
    const tokens = new StoredTokens();
    await render(<App tokens={tokens} api={new Api(tokens)} />);
    await page.getByLabelText('Say something to the example').fill('make it for 4');
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.element(page.getByText('Scaled from 2 to 4 servings')).toBeVisible();
    expect(document.querySelector('.demo-recipe')?.textContent).toContain('200 g plain flour');
    await expect.element(page.getByText('Made for the stove')).toBeVisible();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect.element(page.getByLabelText('Username')).toHaveFocus();
    await expectAccessibleEverywhere();
    // The form asks where else one signs in; what is said to the example is for nobody.
    expect(asked).toEqual(['GET /v1/auth/issuers']);
  });
});

describe('the sign-in form', () => {
  it('forgets its problem when it becomes the sign-up form, and shows what is typed on request', async () => {
    answers['POST /v1/auth/login'] = denied;
    const tokens = new StoredTokens();
    await render(<App tokens={tokens} api={new Api(tokens)} />);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabelText('Username').fill('ada');
    const password = page.getByLabelText('Password', { exact: true });
    await password.fill('wrong horse');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect.element(page.getByText(/^Invalid username or password/)).toBeVisible();
    await page.getByRole('button', { name: /^New here\?/ }).click();
    await expect.element(page.getByText(/^Invalid username or password/)).not.toBeInTheDocument();
    await expect.element(page.getByText('At least 8 characters')).toBeVisible();
    await page.getByLabelText('Show what I type').click();
    await expect.element(password).toHaveAttribute('type', 'text');
  });
});

describe('a way from page to page', () => {
  it('moves the focus into the new page, whose name is its title', async () => {
    await openAt('/');
    await page.getByRole('link', { name: 'Soup' }).click();
    const isInMain = () => document.activeElement?.closest('main, [role="main"]') !== null;
    await expect.poll(() => document.querySelector('.recipe-chat')).not.toBeNull();
    await expect.poll(isInMain).toBe(true);
    await page.getByRole('link', { name: 'Your recipes' }).click();
    await expect.element(page.getByRole('heading', { name: 'Your recipes' })).toBeVisible();
    await expect.poll(isInMain).toBe(true);
    expect(document.title).toBe('Recipe Chat');
    history.pushState(null, '', '/account');
    dispatchEvent(new PopStateEvent('popstate'));
    await expect.poll(() => document.title).toMatch(/^Account/);
  });
});

describe('an address that leads nowhere', () => {
  it('is a page, with a way back', async () => {
    await openAt('/r/not%20valid!');
    await expect.element(page.getByRole('heading', { name: 'Nothing is here' })).toBeVisible();
    await expectAccessibleEverywhere();
    await page.getByRole('link', { name: 'Back to your recipes' }).click();
    await expect.element(page.getByRole('link', { name: 'Soup' })).toBeVisible();
    await expect.poll(() => document.activeElement?.tagName).toBe('MAIN');
  });
});

describe('the sign-out', () => {
  const signOut = async () => {
    document.querySelector('summary')?.click();
    await page.getByRole('button', { name: 'Sign out' }).click();
  };

  it('asks first when messages are not sent yet, and leaves nothing behind', async () => {
    const message = { id: 'm1', content: 'x', createdAt: Date.now(), status: 'queued' } as const;
    const outbox = indexedDbOutbox(ADA.id);
    outbox.save('soup', [], [message]);
    await expect.poll(async () => (await outbox.load('soup')).length).toBe(1);
    localStorage.setItem('draft:u-ada:soup', 'half a thou');
    const tokens = await openAt('/');
    await signOut();
    await expect
      .element(page.getByText('One message has not been sent yet', { exact: false }))
      .toBeVisible();
    expect(tokens.user).not.toBeNull();
    await expectAccessibleEverywhere('dialog');
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await expect.element(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
    expect(localStorage.length).toBe(0);
    expect(await outbox.load('soup')).toEqual([]);
  });

  it('asks nothing when nothing is lost, and leaves the address of the recipe', async () => {
    await openAt('/r/soup');
    await signOut();
    await expect.element(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
    expect(location.pathname).toBe('/');
  });

  it('is done at once, however long the server takes; the next sign-in waits for it', async () => {
    let answer = (_: Response) => {};
    answers['POST /v1/auth/logout'] = () =>
      new Promise<Response>(resolve => {
        answer = resolve;
      });
    await openAt('/');
    await expect.element(page.getByRole('link', { name: 'Soup' })).toBeVisible();
    await signOut();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabelText('Username').fill('leo');
    await page.getByLabelText('Password', { exact: true }).fill('correct horse');
    expect(localStorage.getItem('access_token')).toBeNull();
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect.element(page.getByRole('button', { name: 'One moment…' })).toBeVisible();
    expect(asked.filter(line => line.includes('login'))).toEqual([]);
    answer(new Response(null, { status: 204 }));
    await expect.element(page.getByRole('link', { name: 'Soup' })).toBeVisible();
  });
});
