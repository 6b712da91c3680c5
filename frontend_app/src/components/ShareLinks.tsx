// Links to a recipe: one is made with a role, passed on, and can be taken back.

import { useCallback, useEffect, useId, useMemo, useRef, useState } from 'react';
import { PHONE, useMediaQuery } from '../hooks/useMediaQuery';
import { useTaskQueue } from '../hooks/useTask';
import type { MemberRole } from '../lib/access';
import { type Api, ApiError } from '../lib/api';
import { copyText } from '../lib/clipboard';
import { LinkCalls, type NewLink, type ShareLink } from '../lib/links';
import { dayText } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { Icon } from './Icon';
import { RoleOptions } from './Invite';
import { lazyComponent } from './lazy';

const QrCode = lazyComponent(
  () => import('./QrCode'),
  () => null,
);

const labels = lazyTexts.share.links;
const { roles } = lazyTexts.share;

export function ShareLinks({ api, recipeId }: { api: Api; recipeId: string }) {
  const id = useId();
  const calls = useMemo(() => new LinkCalls(api, recipeId), [api, recipeId]);
  const [links, setLinks] = useState<readonly ShareLink[]>([]);
  const [isServed, setServed] = useState(true);
  const [created, setCreated] = useState<NewLink | null>(null);
  const [role, setRole] = useState<MemberRole>('editor');
  const task = useTaskQueue();
  const reload = useCallback(async () => {
    try {
      setLinks(await calls.list());
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) setServed(false);
    }
  }, [calls]);
  useEffect(() => void reload(), [reload]);
  const create = () =>
    task.run(async () => {
      setCreated(await calls.create(role));
      await reload();
    });
  const takeBack = (link: string) =>
    task.run(async () => {
      await calls.takeBack(link);
      if (created?.id === link) setCreated(null);
      await reload();
    });
  if (!isServed) return null;
  return (
    <section className="share-links stack">
      <h3>{labels.title}</h3>
      {created ? (
        <CreatedLink link={created} />
      ) : (
        <>
          <p className="soft meta">{labels.text}</p>
          <p className="row">
            <label htmlFor={id}>{labels.role}</label>
            <select
              id={id}
              value={role}
              onChange={event => setRole(event.target.value as MemberRole)}
            >
              <RoleOptions />
            </select>
            <button
              type="button"
              className="primary"
              disabled={task.isRunning}
              onClick={() => void create()}
            >
              {labels.create}
            </button>
          </p>
        </>
      )}
      {links.length > 0 && (
        <ul aria-label={labels.list}>
          {links.map(link => (
            <li className="row meta" key={link.id}>
              <span className="grow">
                {roles[link.role]}{' '}
                {link.expires_at && (
                  <span className="soft">{labels.until(dayText(link.expires_at))}</span>
                )}
              </span>
              <button type="button" className="quiet" onClick={() => void takeBack(link.id)}>
                {labels.takeBack}
              </button>
            </li>
          ))}
        </ul>
      )}
      <p role="alert" className="problem">
        {task.problem}
      </p>
    </section>
  );
}

/** The address can be seen and passed on now; the server does not know it any more. */
function CreatedLink({ link }: { link: NewLink }) {
  const [isCopied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const isPhone = useMediaQuery(PHONE);
  /** On a phone it goes to somebody at once; elsewhere most people copy it. */
  const isSent = isPhone && 'share' in navigator;
  const url = new URL(link.url, location.origin).href;
  const copy = async () => {
    const isDone = await copyText(url);
    setCopied(isDone);
    if (!isDone) field.current?.select();
  };
  const send = () => navigator.share({ title: labels.invitation, url }).catch(() => {});
  const copyButton = (
    <button
      type="button"
      className={isSent ? 'secondary' : 'primary'}
      onClick={() => void copy()}
      key="copy"
    >
      <Icon name="copy" />
      {isCopied ? labels.copied : labels.copy}
    </button>
  );
  return (
    <>
      <div className="created-link">
        <figure>
          <QrCode text={url} label={labels.qrCode} />
          <figcaption className="soft meta">{labels.scan}</figcaption>
        </figure>
        <input ref={field} readOnly aria-label={labels.address} value={url} />
        <p className="row">
          {!isSent && copyButton}
          {'share' in navigator && (
            <button
              type="button"
              className={isSent ? 'primary' : 'secondary'}
              onClick={() => void send()}
            >
              <Icon name="share" />
              {labels.share}
            </button>
          )}
          {isSent && copyButton}
        </p>
      </div>
      <p className="soft meta">
        {roles[link.role]}. {labels.once}
      </p>
    </>
  );
}
