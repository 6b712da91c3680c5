// The page for a person who is not signed in: what this is, the ways in, and an example to try.

import { useEffect, useState } from 'react';
import type { Api } from '../lib/api';
import { texts } from '../texts';
import { Brand } from './Brand';
import { lazyComponent } from './lazy';
import { WaysIn } from './WaysIn';

const LandingExample = lazyComponent(
  () => import('./LandingExample'),
  () => null,
);

export function SignInPage({ api }: { api: Api }) {
  const [isPainted, setPainted] = useState(false);
  useEffect(() => {
    document.title = texts.appName;
    // The example is not what the page waits for, also not on a slow machine.
    const observer = new PerformanceObserver(paints => {
      if (paints.getEntriesByName('first-contentful-paint').length > 0) setPainted(true);
    });
    observer.observe({ type: 'paint', buffered: true });
    return () => observer.disconnect();
  }, []);
  return (
    <main className="page landing" tabIndex={-1}>
      <Brand />
      <div>
        <h1>{texts.headline}</h1>
        <p className="soft">{texts.tagline}</p>
        <WaysIn api={api} />
      </div>
      {isPainted && <LandingExample />}
    </main>
  );
}
