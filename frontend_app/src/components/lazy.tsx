// Components that are loaded when they are needed.

import { type ComponentType, useEffect, useSyncExternalStore } from 'react';
import { LazyModule } from '../lib/lazy-module';
import { texts } from '../texts';

interface FallbackProps {
  onRetry: () => void;
  /** For a component that the person can close. */
  onClose?: () => void;
}

/** Shows nothing while the component is loading; where it cannot be loaded, the fallback, and a way to try again. */
export function lazyComponent<P extends object>(
  load: () => Promise<{ default: ComponentType<P> }>,
  Fallback: ComponentType<FallbackProps> = NotLoaded,
) {
  const lazyModule = new LazyModule(load);
  return function Lazy(props: P) {
    const loaded = useSyncExternalStore(lazyModule.subscribe, lazyModule.state);
    useEffect(lazyModule.load, []);
    if (loaded === 'failed') return <Fallback {...props} onRetry={lazyModule.load} />;
    return loaded && <loaded.default {...props} />;
  };
}

function NotLoaded({ onRetry, onClose }: FallbackProps) {
  return (
    <p role="alert" className="not-loaded">
      {texts.partNotLoaded}
      <button type="button" className="secondary" onClick={onRetry}>
        {texts.tryAgain}
      </button>
      {onClose && (
        <button type="button" className="quiet" onClick={onClose}>
          {texts.close}
        </button>
      )}
    </p>
  );
}
