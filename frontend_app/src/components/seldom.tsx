// Parts of the app that are loaded when they are needed.

import { type ComponentType, useEffect, useSyncExternalStore } from 'react';
import { LatePart } from '../lib/late-part';
import { words } from '../words';

interface Instead {
  onRetry: () => void;
  /** Where the part is one that the person closes. */
  onClose?: () => void;
}

/** Nothing while it is on its way; where it cannot be loaded, `instead`, and the way to try again. */
export function seldom<P extends object>(
  load: () => Promise<{ default: ComponentType<P> }>,
  Instead: ComponentType<Instead> = NotLoaded,
) {
  const part = new LatePart(load);
  return function Seldom(props: P) {
    const loaded = useSyncExternalStore(part.subscribe, part.state, () => null);
    useEffect(part.want, []);
    if (loaded === 'failed') return <Instead {...props} onRetry={part.want} />;
    return loaded && <loaded.default {...props} />;
  };
}

function NotLoaded({ onRetry, onClose }: Instead) {
  return (
    <p role="alert" className="not-loaded">
      {words.partNotLoaded}
      <button type="button" className="secondary" onClick={onRetry}>
        {words.tryAgain}
      </button>
      {onClose && (
        <button type="button" className="quiet" onClick={onClose}>
          {words.close}
        </button>
      )}
    </p>
  );
}
