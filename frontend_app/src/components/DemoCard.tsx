// An example that looks alive on the landing page: people talk, the recipe changes, and one can talk along without an
// account. It is made of the parts of a recipe's page.

import type { ChatMessage } from '@recipe-chat/client';
import { type FormEvent, useEffect, useMemo, useState } from 'react';
import { DEMO, type Demo, type DemoLine, SCRIPT, say } from '../lib/demo';
import type { Mark } from '../lib/recipe-diff';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { Icon } from './Icon';
import { IngredientRows } from './IngredientRows';
import { MessageRow } from './MessageRow';
import { StepRows } from './StepRows';

const labels = lazyTexts.demo;
/** How long each line of the script lets itself be waited for, in ms. */
const PACE = 2_500;
/** So many of the last lines are shown. */
const MAX_LINES = 3;
const STEPS = labels.steps.map((text, at) => ({
  mark: 'same' as const,
  item: { id: `s${at}`, text },
  before: null,
}));

export function DemoCard() {
  const { demo, talk } = useScript();
  const ticks = useOwnTicks();
  const { rows, news } = useMemo(() => rowsOf(demo), [demo]);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const text = String(new FormData(form).get('text')).trim();
    if (text === '') return;
    talk(text);
    form.reset();
  };
  return (
    <section className="demo" aria-label={labels.title}>
      <div className="demo-recipe">
        <h2>{labels.recipe}</h2>
        <p className="soft meta">{labels.serves(demo.recipe.servings)}</p>
        <IngredientRows rows={rows} ticks={ticks} news={news} />
        <StepRows rows={STEPS} ticks={ticks} />
      </div>
      <div className="demo-talk">
        <div className="grow">
          {demo.lines.slice(-MAX_LINES).map(line => (
            <MessageRow
              key={`${line.who} ${line.text}`}
              message={messageOf(line)}
              isOwn={line.who === texts.you}
              isOld={false}
              continues={false}
            />
          ))}
        </div>
        <form className="row" onSubmit={submit}>
          <input
            name="text"
            className="grow"
            aria-label={labels.field}
            placeholder={labels.placeholder}
            autoComplete="off"
            maxLength={100}
          />
          <button type="submit" className="primary icon-button" aria-label={texts.composer.send}>
            <Icon name="send" />
          </button>
        </form>
      </div>
    </section>
  );
}

const userOf = (who: string) => ({ id: who, name: who });

/** The ingredients, each with whoever changed it last. */
function rowsOf({ recipe, changes }: Demo) {
  const byId = new Map(changes.map(change => [change.id, change]));
  const rows = recipe.ingredients.map(item => {
    const change = byId.get(item.id);
    const mark: Mark = !change ? 'same' : change.before ? 'changed' : 'added';
    return { mark, item, before: change?.before ?? null };
  });
  const authors = changes.map(({ id, who }) => [id, { author: userOf(who), revision: 0 }] as const);
  const news = { me: '', seen: 0, byId: new Map(authors), onOpen: () => {} };
  return { rows, news };
}

const messageOf = ({ who, text, effect }: DemoLine): ChatMessage => ({
  id: text,
  author: userOf(who),
  content: text,
  timestamp: '',
  revision: 0,
  ...(effect !== null && { effect }),
});

function useOwnTicks() {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  return useMemo(
    () => ({
      has: (id: string) => ticked.has(id),
      toggle: (id: string) =>
        setTicked(
          before =>
            new Set(before.has(id) ? [...before].filter(one => one !== id) : [...before, id]),
        ),
    }),
    [ticked],
  );
}

/** Plays the script, until the visitor talks along; at once where motion is not wanted. */
function useScript() {
  const [demo, setDemo] = useState<Demo>(() => (wantsMotion() ? DEMO : SCRIPT.reduce(play, DEMO)));
  const [at, setAt] = useState(wantsMotion() ? 0 : SCRIPT.length);
  useEffect(() => {
    const line = SCRIPT[at];
    if (!line) return;
    const timer = setTimeout(
      () => {
        setDemo(before => play(before, line));
        setAt(at + 1);
      },
      at === 0 ? PACE / 5 : PACE,
    );
    return () => clearTimeout(timer);
  }, [at]);
  const talk = (text: string) => {
    setAt(SCRIPT.length);
    setDemo(before => say(before, texts.you, text));
  };
  return { demo, talk };
}

const play = (demo: Demo, [who, text]: readonly [string, string]) => say(demo, who, text);

const wantsMotion = () => !matchMedia('(prefers-reduced-motion: reduce)').matches;
