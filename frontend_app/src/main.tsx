// Starts the web app.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { Api } from './lib/api';
import { StoredTokens } from './lib/auth/stored-tokens';
import { applyTheme } from './lib/theme';
import { trackViewportHeight } from './lib/viewport';
import './styles/app.css';

/** After this time, in ms, the page has started: what it needs without a network does not compete with it. */
const OFFLINE_DELAY = 2_000;

applyTheme();
trackViewportHeight();
const tokens = new StoredTokens();
tokens.watch();
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App tokens={tokens} api={new Api(tokens)} />
  </StrictMode>,
);
if (import.meta.env.PROD) setTimeout(registerOffline, OFFLINE_DELAY);

async function registerOffline(): Promise<void> {
  (await import('./lib/service-worker').catch(() => null))?.registerServiceWorker();
}
