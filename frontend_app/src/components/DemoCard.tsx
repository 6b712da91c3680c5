// An example that looks alive on the landing page: people talk, the recipe changes, and one can talk along without an
// account. Loaded after the page is there.

import { type FormEvent, useEffect, useState } from 'react';
import { amountOf } from '../lib/amounts';
import { DEMO, type Demo, SCRIPT, say } from '../lib/demo';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { Face } from './Face';
import { Icon } from './Icon';

const labels = lazyTexts.demo;
/** How long each line of the script lets itself be waited for, in ms. */
const PACE = 2_500;

export default function DemoCard() {
  const { demo, talk } = useScript();
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
        <ul>
          {demo.recipe.ingredients.map(one => (
            <li key={one.id} className={demo.changed.includes(one.id) ? 'changed' : undefined}>
              <span className="amount">{amountOf(one).before}</span> {one.name}
            </li>
          ))}
        </ul>
      </div>
      <div className="demo-talk">
        <ul>
          {demo.lines.slice(-3).map(({ who, text, effect }) => (
            <li key={`${who} ${text}`}>
              {who !== texts.you && <Face user={{ id: who, name: who }} small />}
              <p>
                <b>{who}</b> {text}
                {effect && <span className="last-line done">✓ {effect}</span>}
              </p>
            </li>
          ))}
        </ul>
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
