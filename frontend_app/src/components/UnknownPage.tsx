// The page for an address that leads nowhere.

import { useEffect } from 'react';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { Brand } from './Brand';
import { Link } from './Link';

const labels = lazyTexts.unknownPage;

export default function UnknownPage() {
  useEffect(() => {
    document.title = `${labels.title} · ${texts.appName}`;
  }, []);
  return (
    <main className="page narrow-page" tabIndex={-1}>
      <Brand />
      <h1>{labels.title}</h1>
      <p className="soft">{labels.text}</p>
      <p>
        <Link href="/" className="button primary">
          {lazyTexts.backToRecipes}
        </Link>
      </p>
    </main>
  );
}
