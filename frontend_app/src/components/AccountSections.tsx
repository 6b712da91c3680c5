// The parts of the account page that are no forms: where the person is signed in, and the export of all that is theirs.

import { useTask } from '../hooks/useTask';
import type { AccountCalls, LoginSession } from '../lib/account';
import { saveAs } from '../lib/save-as';
import { dayText, texts, timeText } from '../texts';
import { lazyTexts } from '../texts-lazy';

const labels = lazyTexts.account;

interface SessionsProps {
  calls: AccountCalls;
  sessions: readonly LoginSession[];
  onDone: () => void;
}

export function LoginSessions({ calls, sessions, onDone }: SessionsProps) {
  const task = useTask();
  const end = async (id: string) => {
    if (await task.run(() => calls.endSession(id))) onDone();
  };
  const dateText = (at: string) => `${dayText(at)}, ${timeText(at)}`;
  return (
    <section>
      <h2>{labels.sessions.title}</h2>
      <ul>
        {sessions.map(({ id, created_at, refreshed_at, current }) => (
          <li className="person" key={id}>
            <span className="person-name">
              {current ? labels.sessions.here : labels.sessions.since(dateText(created_at))}
              <br />
              <span className="soft meta">{labels.sessions.used(dateText(refreshed_at))}</span>
            </span>
            {!current && (
              <button
                type="button"
                className="secondary"
                disabled={task.isRunning}
                onClick={() => void end(id)}
              >
                {labels.sessions.end}
              </button>
            )}
          </li>
        ))}
      </ul>
      <p role="alert" className="problem">
        {task.problem}
      </p>
    </section>
  );
}

export function ExportButton({ calls }: { calls: AccountCalls }) {
  const task = useTask({ 404: texts.notServed });
  const save = () => task.run(async () => saveAs(await calls.export(), 'recipe-chat.json'));
  return (
    <section>
      <h2>{labels.export.title}</h2>
      <p className="soft">{labels.export.text}</p>
      <button
        type="button"
        className="secondary"
        disabled={task.isRunning}
        onClick={() => void save()}
      >
        {labels.export.submit}
      </button>
      <p role="alert" className="problem">
        {task.problem}
      </p>
    </section>
  );
}
