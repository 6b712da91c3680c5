// Instead of a recipe that is not there, or that its visitor may not see: which of the two is not told.

import { useEffect, useRef } from 'react';
import { forgetRecipe } from '../lib/kept-recipes';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { Brand } from './Brand';
import { Link } from './Link';

interface Props {
  /** The visitor was in the recipe until now. */
  wasIn: boolean;
  recipeId: string;
  userId: string;
  onRetry: () => void;
}

export default function NoAccessPage({ wasIn, recipeId, userId, onRetry }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { title, text } = lazyTexts.noAccess[wasIn ? 'ended' : 'unknown'];
  useEffect(() => {
    document.title = `${title} · ${texts.appName}`;
    heading.current?.focus();
  }, [title]);
  useEffect(() => forgetRecipe(userId, recipeId), [userId, recipeId]);
  // Whoever comes back to the page has asked the owner meanwhile, perhaps.
  useEffect(() => {
    const onShown = () => document.hidden || onRetry();
    document.addEventListener('visibilitychange', onShown);
    return () => document.removeEventListener('visibilitychange', onShown);
  }, [onRetry]);
  return (
    <main className="page narrow-page" tabIndex={-1}>
      <Brand />
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <p className="soft">{text}</p>
      <p className="row">
        <Link href="/" className="button primary">
          {lazyTexts.backToRecipes}
        </Link>
        <button type="button" className="secondary" onClick={onRetry}>
          {texts.tryAgain}
        </button>
      </p>
    </main>
  );
}
