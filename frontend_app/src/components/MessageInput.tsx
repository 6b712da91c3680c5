// The field in which a message is written. Loses no text: a refused message stays, and a draft survives a reload.

import { type Ingredient, MAX_MESSAGE_LENGTH, type SendResult } from '@recipe-chat/client';
import {
  type KeyboardEvent,
  type Ref,
  useEffect,
  useId,
  useImperativeHandle,
  useRef,
  useState,
} from 'react';
import { readDraft, saveDraft } from '../lib/drafts';
import { texts } from '../texts';
import { Icon } from './Icon';
import { lazyComponent } from './lazy';

/** From this length on, the characters that are left are shown. */
const COUNTER_THRESHOLD = MAX_MESSAGE_LENGTH * 0.8;
const MAX_LINES = 8;
/** So many sent messages can be brought back. */
const MAX_RECALLED = 20;
const NONE: readonly Ingredient[] = [];
const CommandChips = lazyComponent(
  () => import('./CommandChips'),
  () => null,
);

export interface MessageInputHandle {
  focus(): void;
  fill(text: string): void;
}

interface Props {
  onSend: (content: string) => SendResult;
  disabled: boolean;
  placeholder: string;
  /** Identifies the draft: the person and the recipe. */
  draftKey?: string;
  /** The person is writing. */
  onTyping?: (() => void) | undefined;
  /** What the recipe is made of, for what is offered after a slash. */
  ingredients?: readonly Ingredient[];
  ref?: Ref<MessageInputHandle>;
}

export function MessageInput({
  onSend,
  disabled,
  placeholder,
  draftKey = '',
  onTyping,
  ingredients = NONE,
  ref,
}: Props) {
  const [text, setText] = useState(() => readDraft(draftKey));
  const [problem, setProblem] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const sent = useRef<string[]>([]);
  /** How many sent messages back the field is. */
  const back = useRef(0);
  const id = useId();
  const length = [...text.trim()].length;
  const over = length - MAX_MESSAGE_LENGTH;

  const saved = useRef(text);
  useEffect(() => {
    saveDraft(draftKey, text, saved.current);
    saved.current = text;
  }, [draftKey, text]);
  const fill = (newText: string) => {
    setText(newText);
    field.current?.focus();
  };
  useImperativeHandle(ref, () => ({
    focus: () => field.current?.focus(),
    fill,
  }));

  const send = () => {
    if (disabled || length === 0 || over > 0) return;
    const result = onSend(text);
    if (result.ok) {
      sent.current = [...sent.current, text.trim()].slice(-MAX_RECALLED);
      back.current = 0;
      setText('');
    }
    setProblem(result.ok ? '' : refusalText(result.reason));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // Enter that ends an input method's composition; Safari reports it after the composition, with 229.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape') field.current?.blur();
    const isRecalled = back.current > 0 && text === sent.current.at(-back.current);
    if (event.key === 'ArrowUp' && (text === '' || isRecalled)) {
      if (!isRecalled) back.current = 0;
      const older = sent.current.at(-(back.current + 1));
      if (older === undefined) return;
      event.preventDefault();
      back.current += 1;
      setText(older);
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
      {text.startsWith('/') && !text.includes('\n') && (
        <CommandChips typed={text} ingredients={ingredients} onPick={fill} />
      )}
      <label className="visually-hidden" htmlFor={id}>
        {texts.composer.label}
      </label>
      <textarea
        id={id}
        ref={field}
        value={text}
        disabled={disabled}
        placeholder={placeholder}
        rows={Math.min(MAX_LINES, text.split('\n').length)}
        dir="auto"
        enterKeyHint="send"
        aria-invalid={over > 0}
        aria-describedby={`${id}-note`}
        onChange={event => {
          setText(event.target.value);
          onTyping?.();
        }}
        onKeyDown={onKeyDown}
      />
      <button
        type="submit"
        className="primary send"
        aria-label={texts.composer.send}
        disabled={disabled || length === 0 || over > 0}
      >
        <Icon name="send" />
      </button>
      <p id={`${id}-note`} className={over > 0 ? 'composer-note problem' : 'composer-note soft'}>
        {problem || (length >= COUNTER_THRESHOLD ? countText(over) : '')}
      </p>
    </form>
  );
}

function countText(over: number): string {
  return over > 0 ? texts.composer.over(over) : texts.composer.left(Math.abs(over));
}

function refusalText(reason: Exclude<SendResult, { ok: true }>['reason']): string {
  switch (reason) {
    case 'queue_full':
      return texts.composer.full;
    case 'disconnected':
      return texts.composer.disconnected;
    case 'empty':
    case 'too_long':
      return '';
    default:
      return reason satisfies never;
  }
}
