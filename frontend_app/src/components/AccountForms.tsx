// The forms of the account page.

import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useTask } from '../hooks/useTask';
import type { AccountCalls } from '../lib/account';
import { lazyTexts } from '../texts-lazy';

const labels = lazyTexts.account;

interface Props {
  calls: AccountCalls;
  onDone: () => void;
}

export function ClaimForm({ calls, onDone }: Props) {
  return (
    <AccountForm
      title={labels.claim.title}
      text={labels.claim.text}
      submit={labels.claim.submit}
      look="primary"
      words={{ 409: lazyTexts.signIn.taken }}
      work={form => calls.claim(textOf(form, 'username').trim(), textOf(form, 'password'))}
      onDone={onDone}
    >
      <Field name="username" label={lazyTexts.signIn.name} autoComplete="username" maxLength={64} />
      <Field name="password" label={lazyTexts.signIn.password} type="password" isNew />
    </AccountForm>
  );
}

export function NameForm({ calls, name, onDone }: Props & { name: string }) {
  return (
    <AccountForm
      title={labels.name.title}
      text={labels.name.text}
      submit={labels.save}
      work={form => calls.rename(textOf(form, 'display_name').trim())}
      onDone={onDone}
    >
      <Field
        name="display_name"
        label={labels.name.label}
        autoComplete="nickname"
        maxLength={64}
        defaultValue={name}
      />
    </AccountForm>
  );
}

export function PasswordForm({ calls, username, onDone }: Props & { username: string }) {
  return (
    <AccountForm
      title={labels.password.title}
      text={labels.password.text}
      submit={labels.password.submit}
      look="primary"
      words={{ 401: labels.wrongPassword, 403: labels.wrongPassword }}
      work={form => calls.changePassword(textOf(form, 'current'), textOf(form, 'next'))}
      onDone={onDone}
    >
      {/* For password managers. */}
      <input hidden name="username" autoComplete="username" defaultValue={username} />
      <Field name="current" label={labels.password.current} type="password" />
      <Field name="next" label={labels.password.next} type="password" isNew />
    </AccountForm>
  );
}

/** Opens in two steps, since nothing brings an account back. */
export function DeleteForm({ calls, isGuest }: { calls: AccountCalls; isGuest: boolean }) {
  const [isOpen, setOpen] = useState(false);
  if (!isOpen) {
    return (
      <section>
        <h2>{labels.remove.title}</h2>
        <button type="button" className="secondary danger" onClick={() => setOpen(true)}>
          {labels.remove.open}
        </button>
      </section>
    );
  }
  return (
    <AccountForm
      title={labels.remove.title}
      text={labels.remove.text}
      submit={labels.remove.submit}
      look="secondary danger"
      words={{ 401: labels.wrongPassword, 403: labels.wrongPassword }}
      work={form => calls.remove(isGuest ? '' : textOf(form, 'password'))}
      onDone={() => {}}
    >
      {!isGuest && <Field name="password" label={lazyTexts.signIn.password} type="password" />}
      <button type="button" className="secondary" onClick={() => setOpen(false)}>
        {labels.remove.cancel}
      </button>
    </AccountForm>
  );
}

interface FormProps {
  title: string;
  text: string;
  submit: string;
  /** A page has one primary button: what most people come for. */
  look?: 'primary' | 'secondary' | 'secondary danger';
  words?: Record<number, string>;
  work: (form: FormData) => Promise<void>;
  onDone: () => void;
  children: ReactNode;
}

function AccountForm({
  title,
  text,
  submit,
  look = 'secondary',
  words = {},
  work,
  onDone,
  children,
}: FormProps) {
  const task = useTask(words);
  const [isSaved, setSaved] = useState(false);
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    setSaved(false);
    if (!(await task.run(() => work(new FormData(form))))) return;
    setSaved(true);
    form.reset();
    onDone();
  };
  return (
    <section>
      <h2>{title}</h2>
      <form className="stack" onSubmit={event => void onSubmit(event)}>
        <p className="soft">{text}</p>
        {children}
        <p className="row">
          <button type="submit" className={look} disabled={task.isRunning}>
            {task.isRunning ? lazyTexts.signIn.busy : submit}
          </button>
          <span role="status" className="soft">
            {isSaved && labels.saved}
          </span>
        </p>
        <p role="alert" className="problem">
          {task.problem}
        </p>
      </form>
    </section>
  );
}

interface FieldProps {
  name: string;
  label: string;
  type?: 'text' | 'password';
  /** A password that is chosen here. */
  isNew?: boolean;
  autoComplete?: string;
  maxLength?: number;
  defaultValue?: string;
}

function Field({ name, label, type = 'text', isNew = false, autoComplete, ...rest }: FieldProps) {
  const id = useId();
  const ofPassword = isNew ? 'new-password' : 'current-password';
  return (
    <p>
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        name={name}
        type={type}
        autoComplete={type === 'password' ? ofPassword : autoComplete}
        autoCapitalize="none"
        spellCheck={false}
        minLength={isNew ? 8 : undefined}
        required
        {...rest}
      />
    </p>
  );
}

const textOf = (form: FormData, name: string) => String(form.get(name) ?? '');
