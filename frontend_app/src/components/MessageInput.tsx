// Where a message is written. Loses no text: a refused message stays, and a draft survives a reload.

import {
  type KeyboardEvent,
  type Ref,
  useEffect,
  useId,
  useImperativeHandle,
  useRef,
  useState,
} from 'react';
import { keepDraft, readDraft } from '../lib/drafts';
import type { SendResult } from '../lib/websocket';
import { LONGEST_MESSAGE } from '../lib/ws/protocol';
import { words } from '../words';

const COUNT_FROM = LONGEST_MESSAGE * 0.8;
const MOST_LINES = 8;

export interface MessageInputHandle {
  focus(): void;
  fill(text: string): void;
}

interface Props {
  onSend: (content: string) => SendResult;
  disabled: boolean;
  placeholder: string;
  /** Whose draft for which recipe this is. */
  draftKey?: string;
  ref?: Ref<MessageInputHandle>;
}

export function MessageInput({ onSend, disabled, placeholder, draftKey = '', ref }: Props) {
  const [text, setText] = useState(() => readDraft(draftKey));
  const [problem, setProblem] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const last = useRef('');
  const id = useId();
  const length = [...text.trim()].length;
  const over = length - LONGEST_MESSAGE;

  useEffect(() => keepDraft(draftKey, text), [draftKey, text]);
  useImperativeHandle(ref, () => ({
    focus: () => field.current?.focus(),
    fill: filled => {
      setText(filled);
      field.current?.focus();
    },
  }));

  const send = () => {
    if (disabled || length === 0 || over > 0) return;
    const result = onSend(text);
    if (result.ok) {
      last.current = text.trim();
      setText('');
    }
    setProblem(result.ok ? '' : refusal(result.reason));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // Enter that ends an input method's composition; Safari reports it after the composition, with 229.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape') field.current?.blur();
    if (event.key === 'ArrowUp' && text === '' && last.current !== '') {
      event.preventDefault();
      setText(last.current);
    }
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      className="message-input"
      onSubmit={event => {
        event.preventDefault();
        send();
      }}
    >
      <label className="visually-hidden" htmlFor={id}>
        {words.composer.label}
      </label>
      <textarea
        id={id}
        ref={field}
        value={text}
        disabled={disabled}
        placeholder={placeholder}
        rows={Math.min(MOST_LINES, text.split('\n').length)}
        dir="auto"
        enterKeyHint="send"
        aria-invalid={over > 0}
        aria-describedby={`${id}-note`}
        onChange={event => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <button
        type="submit"
        className="primary send"
        disabled={disabled || length === 0 || over > 0}
      >
        {words.composer.send}
      </button>
      <p id={`${id}-note`} className={over > 0 ? 'composer-note problem' : 'composer-note soft'}>
        {problem || (length >= COUNT_FROM ? countText(over) : '')}
      </p>
    </form>
  );
}

function countText(over: number): string {
  return over > 0 ? words.composer.over(over) : words.composer.left(Math.abs(over));
}

function refusal(reason: Exclude<SendResult, { ok: true }>['reason']): string {
  switch (reason) {
    case 'queue_full':
      return words.composer.full;
    case 'disconnected':
      return words.composer.disconnected;
    case 'empty':
    case 'too_long':
      return '';
    default:
      return reason satisfies never;
  }
}
