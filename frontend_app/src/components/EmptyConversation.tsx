// A conversation that has not begun: what one can say here, and help one tap away.

import { texts } from '../texts';

interface Props {
  /** Puts a text into the field; absent for those who may only read. */
  onSuggest: ((text: string) => void) | undefined;
  onHelp: (() => void) | undefined;
}

export function EmptyConversation({ onSuggest, onHelp }: Props) {
  if (!onSuggest) return <p className="empty soft">{texts.emptyForViewers}</p>;
  return (
    <div className="empty">
      <p>{texts.empty}</p>
      <div className="chips">
        {texts.suggestions.map(text => (
          <button type="button" className="chip" key={text} onClick={() => onSuggest(text)}>
            {text}
          </button>
        ))}
      </div>
      {onHelp && (
        <button type="button" className="quiet" onClick={onHelp}>
          {texts.help}
        </button>
      )}
    </div>
  );
}
