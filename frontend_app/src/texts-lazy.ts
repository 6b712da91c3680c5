// The texts of the parts that are loaded when they are needed; the others are in texts.ts.

export const lazyTexts = {
  home: {
    empty: 'No recipes yet. Name a dish to begin.',
    failed: 'Your recipes cannot be loaded now.',
    label: 'Name of the dish',
    placeholder: 'Saturday pancakes',
    create: 'New recipe',
    createFailed: 'The recipe could not be created. Try again.',
  },
  otherUser: {
    title: (other: string) => `This browser is signed in as ${other} now`,
    text: (user: string) =>
      `You were signed in as ${user}. What you wrote is kept, and nothing of it was sent in another name.`,
    goOn: (other: string) => `Go on as ${other}`,
    again: (user: string) => `Sign in as ${user} again`,
    failed: 'That did not work. Try again.',
  },
  noAccess: {
    unknown: {
      title: 'No recipe here',
      text: 'There is no such recipe, or you may not see it. Check the link, or ask its owner to share it with you.',
    },
    ended: {
      title: 'You no longer have access',
      text: 'The recipe was deleted, or its owner has stopped sharing it with you.',
    },
  },
  unknownPage: {
    title: 'Nothing is here',
    text: 'This address leads nowhere. It may have been cut off when it was copied.',
  },
  signedOut: {
    title: 'You are signed out',
    text: 'It has been a while. Sign in again to see your recipes.',
  },
  signOut: {
    title: 'Sign out?',
    guest:
      'You are a guest: nobody knows a password for this account, so you cannot come back to its recipes.',
    keep: 'Keep my account',
    unsent: (count: number) =>
      count === 1
        ? 'One message has not been sent yet, and would be lost.'
        : `${count} messages have not been sent yet, and would be lost.`,
    confirm: 'Sign out',
    cancel: 'Cancel',
  },
  files: {
    print: 'Print',
    cooklang: 'Export as Cooklang',
    schemaOrg: 'Export as JSON-LD',
    saveFailed: 'The file could not be saved. Try again.',
    importRecipe: 'Import…',
    share: 'Share…',
    help: 'What can I say?',
    shortcuts: 'Keyboard shortcuts',
  },
  importRecipe: {
    title: 'Import a recipe',
    text: 'Replaces this recipe. Takes Cooklang, plain text, or the recipe data of a web page (JSON-LD).',
    file: 'From a file',
    paste: 'Or paste it',
    submit: 'Import',
    forbidden: 'Only people who can edit may do that.',
    unreadable: 'This does not look like a recipe.',
    failed: 'That did not work. Try again.',
  },
  share: {
    title: 'Share this recipe',
    loading: 'Loading…',
    failed: 'The list cannot be loaded now.',
    visibility: {
      legend: 'Who can open it',
      public: 'Everyone who has the link',
      private: 'Only invited people',
    },
    copyLink: 'Copy link',
    copied: 'Copied',
    list: 'People',
    waiting: 'invited',
    roles: { owner: 'Owner', editor: 'Can edit', viewer: 'Can view' },
    roleOf: (name: string) => `Role of ${name}`,
    remove: 'Remove',
    removeName: (name: string) => `Remove ${name}`,
    invite: 'Invite',
    name: 'Invite by username',
    role: 'Role',
    added: (name: string, role: string) => `${name} ${role.toLowerCase()} now.`,
    removed: (name: string) => `${name} no longer has access.`,
    changed: 'Saved.',
    forbidden: 'Only the owner may do that.',
    refused: 'That did not work. Try again.',
  },
  help: {
    title: 'What can I say?',
    text: 'Write it as you would say it. Tap one to try it.',
    groups: [
      [
        'Ingredients',
        ['add 2 cups flour', 'remove the salt', 'swap milk for oat milk', 'change flour to 300 g'],
      ],
      [
        'Steps',
        ['add step: Whisk the eggs.', 'change step 2 to Rest 30 minutes.', 'remove step 3'],
      ],
      [
        'The whole recipe',
        ['for 6 people', 'double it', 'call it Saturday pancakes', 'tag it breakfast', 'undo'],
      ],
    ],
    talk: 'Everything else is just talk, and leaves the recipe alone.',
  },
  shortcuts: {
    title: 'Keyboard shortcuts',
    list: [
      ['/', 'Write a message'],
      ['Esc', 'Leave the field'],
      ['Enter', 'Send'],
      ['Shift + Enter', 'New line'],
      ['↑', 'Your last message again (in an empty field)'],
      ['?', 'This list'],
    ],
  },
  close: 'Close',
} as const;
