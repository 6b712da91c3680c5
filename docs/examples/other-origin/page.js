// A whole page on another origin than the server's: sign-up, a recipe, its conversation, and a token that is renewed.
// The operator lists this origin in --allowed-origins.
import { Unauthorized, WebSocketManager } from '@recipe-chat/client';

const element = id => document.getElementById(id);

element('sign-in').addEventListener('submit', async event => {
  event.preventDefault();
  const { server: url, username, password } = Object.fromEntries(new FormData(event.target));
  try {
    const account = await signUp(url, username, password);
    const { id } = await call(url, '/v1/recipes', { title: 'Pancakes' }, await account.getToken({}));
    open(new WebSocketManager({ url, getToken: account.getToken, maxAuthAttempts: 3 }), id);
  } catch (error) {
    element('state').textContent = error.message;
  }
});

function open(chat, recipeId) {
  chat.subscribe(() => {
    const { recipe, messages, outbox, state, reason } = chat.getSnapshot();
    element('state').textContent = reason ? `${state}: ${reason.reason}` : state;
    element('title').textContent = recipe?.title ?? '';
    show('ingredients', recipe?.ingredients ?? [], ({ quantity, unit, name }) => `${quantity} ${unit} ${name}`);
    show('messages', [...messages, ...outbox], ({ author, content }) => `${author?.name ?? '…'}: ${content}`);
  });
  element('say').addEventListener('submit', async event => {
    event.preventDefault();
    const { text } = Object.fromEntries(new FormData(event.target));
    event.target.reset();
    await chat.send(text).accepted.catch(error => (element('state').textContent = error.message));
  });
  chat.connect(recipeId);
}

function show(id, items, textOf) {
  const rows = items.map(item => Object.assign(document.createElement('li'), { textContent: textOf(item) }));
  element(id).replaceChildren(...rows);
}

/** The refresh token stays in this page's memory: cookies of another site do not come along. */
async function signUp(url, username, password) {
  let pair = await call(url, '/v1/auth/register', { username, password, refresh: 'body' });
  const getToken = async ({ forceRefresh }) => {
    if (forceRefresh)
      pair = await call(url, '/v1/auth/refresh', { refresh_token: pair.refresh_token, refresh: 'body' });
    return pair.access_token;
  };
  return { getToken };
}

async function call(url, path, body, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (response.status === 401) throw new Unauthorized(answer.title);
  if (!response.ok) throw new Error(answer.detail ?? answer.title);
  return answer;
}
