// A conversation that has not begun: what one can say here, and help one tap away.

import { lazyTexts } from '../texts-lazy';

const labels = lazyTexts.emptyConversation;

interface Props {
  /** Puts a text into the field; absent for those who may only read. */
  onSuggest: ((text: string) => void) | undefined;
  onHelp: (() => void) | undefined;
}

export default function EmptyConversation({ onSuggest, onHelp }: Props) {
  if (!onSuggest) return <p className="empty soft">{labels.forViewers}</p>;
  return (
    <div className="empty">
      <p>{labels.title}</p>
      <div className="chips">
        {labels.suggestions.map(text => (
          <button type="button" className="chip" key={text} onClick={() => onSuggest(text)}>
            {text}
          </button>
        ))}
      </div>
      {onHelp && (
        <button type="button" className="quiet" onClick={onHelp}>
          {labels.help}
        </button>
      )}
    </div>
  );
}
