// The app's own packages are taken from their sources: nothing has to be built before the app is built, run or tested.
// Everybody else gets what `npm pack` puts into them.
import { defaultClientConditions, defaultServerConditions } from 'vite';

const SOURCE = '@recipe-chat/source';

/** For Vite's configuration: pages, and tests that run in Node. */
export const FROM_SOURCE = {
  resolve: { conditions: [SOURCE, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [SOURCE, ...defaultServerConditions] } },
};
