// Where a conversation comes from when it is one of a chat system: filled in by the host that embeds us, read by tools and policies.
// Invariant: it is the host's word; nothing in it is ever taken from what a model or a stranger has written.

export interface MessagingContext {
  /** The system: `matrix`, `whatsapp`, `slack`. */
  channel?: string;
  /** Of the system, where several serve one channel. */
  provider?: string;
  /** Whom an answer goes to, as the channel writes it. */
  to?: string;
  threadId?: string;
  groupId?: string;
  /** The name of the group, as people see it. */
  groupChannel?: string;
  /** The workspace or guild that the group belongs to. */
  groupSpace?: string;
  /** The session key of the run that began this one. */
  spawnedBy?: string;
  senderId?: string;
  senderName?: string;
  senderUsername?: string;
  /** A phone number; the model is told of it only where the configuration says so. */
  senderE164?: string;
  senderIsOwner?: boolean;
  ownerNumbers?: readonly string[];
  /** How the channel wants answers tied to what they answer: `off`, `first`, `all`. */
  replyToMode?: string;
  /** Where the message came in, when answers go elsewhere. */
  currentChannelId?: string;
}

/** A row of `[[tools.policy]]`: whom it is about, as globs, and what it says about tools, as globs of their names. */
export interface PolicyRule {
  channel?: string;
  group?: string;
  space?: string;
  /** The sender's id or name of the channel. */
  sender?: string;
  owner?: boolean;
  /** `pi` or `claude`. */
  runtime?: string;
  /** A run that another one began. */
  spawned?: boolean;
  /** Only these are on. */
  allow?: readonly string[];
  deny?: readonly string[];
  /** On for the owner alone. */
  ownerOnly?: readonly string[];
}
