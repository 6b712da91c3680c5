// What one can say, as examples to be tried.

import { lazyTexts } from '../texts-lazy';

const labels = lazyTexts.help;

export function HelpList({ onTry }: { onTry?: ((text: string) => void) | undefined }) {
  return (
    <div className="help">
      <p className="soft">{labels.text}</p>
      {labels.groups.map(([title, examples]) => (
        <section key={title}>
          <h3>{title}</h3>
          <div className="chips">
            {examples.map(text => (
              <button
                type="button"
                className="chip"
                key={text}
                onClick={event => {
                  event.currentTarget.closest('dialog')?.close();
                  onTry?.(text);
                }}
              >
                {text}
              </button>
            ))}
          </div>
        </section>
      ))}
      <p className="soft">{labels.talk}</p>
    </div>
  );
}
