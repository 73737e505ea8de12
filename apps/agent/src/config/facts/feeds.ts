import { type ConnectorFacts, needs } from "./facts.js";

/** Social feeds, telephone numbers, streams and sources of notifications. */
export const FEEDS_AND_NUMBERS = {
  blooio: {
    credentials: [needs("Take it from the Blooio dashboard: API keys.", "apiKey")],
    env: {
      apiKey: ["BLOOIO_API_KEY"],
      fromNumber: ["BLOOIO_PHONE_NUMBER", "BLOOIO_FROM_NUMBER"],
      webhookSecret: ["BLOOIO_WEBHOOK_SECRET"],
      webhookUrl: ["BLOOIO_WEBHOOK_URL"],
      apiRoot: ["BLOOIO_BASE_URL"],
    },
    secrets: ["apiKey", "webhookSecret"],
  },
  twitter: {
    credentials: [
      needs(
        "Take them from the X developer portal: your app, Keys and tokens.",
        "apiKey",
        "apiSecretKey",
        "accessToken",
        "accessTokenSecret",
      ),
    ],
    env: {
      apiKey: ["TWITTER_API_KEY"],
      apiSecretKey: ["TWITTER_API_SECRET_KEY"],
      accessToken: ["TWITTER_ACCESS_TOKEN"],
      accessTokenSecret: ["TWITTER_ACCESS_TOKEN_SECRET"],
    },
    secrets: ["apiKey", "apiSecretKey", "accessToken", "accessTokenSecret"],
  },
  farcaster: {
    credentials: [
      needs("Take them from dev.neynar.com: API key, and a signer of it.", "apiKey", "signerUuid"),
    ],
    env: {
      apiKey: ["FARCASTER_NEYNAR_API_KEY"],
      signerUuid: ["FARCASTER_SIGNER_UUID"],
      fid: ["FARCASTER_FID"],
      webhookSecret: ["NEYNAR_WEBHOOK_SECRET"],
    },
    secrets: ["apiKey", "signerUuid", "webhookSecret"],
    assumed: ["webhookSecret"],
  },
  twitch: {
    credentials: [
      needs("Register an application at dev.twitch.tv and authorize the bot.", "clientId", "accessToken"),
    ],
    env: {
      clientId: ["TWITCH_CLIENT_ID"],
      accessToken: ["TWITCH_ACCESS_TOKEN"],
      clientSecret: ["TWITCH_CLIENT_SECRET"],
      refreshToken: ["TWITCH_REFRESH_TOKEN"],
      username: ["TWITCH_USERNAME"],
      channel: ["TWITCH_CHANNEL"],
    },
    secrets: ["accessToken", "clientSecret", "refreshToken"],
  },
  nostr: {
    credentials: [needs("It is the bot's own key, nsec or hexadecimal.", "privateKey")],
    env: { privateKey: ["NOSTR_PRIVATE_KEY"] },
    secrets: ["privateKey"],
  },
  lens: {
    credentials: [needs("Take it from the Lens developer dashboard.", "apiKey")],
    env: { apiKey: ["LENS_API_KEY"] },
    secrets: ["apiKey", "privateKey"],
    assumed: ["privateKey"],
  },
  bluesky: {
    credentials: [
      needs("Make an app password in Bluesky: Settings, Privacy and security.", "handle", "password"),
    ],
    env: {
      handle: ["BLUESKY_HANDLE", "BLUESKY_USERNAME"],
      password: ["BLUESKY_PASSWORD"],
      service: ["BLUESKY_SERVICE"],
    },
    secrets: ["password"],
    assumed: ["handle", "password", "service"],
  },
  instagram: {
    credentials: [
      needs("Make a token in the Meta Developer Dashboard: Instagram, API setup.", "accessToken"),
      needs("They are what the bot signs in with.", "username", "password"),
    ],
    env: {
      accessToken: ["INSTAGRAM_ACCESS_TOKEN", "INSTAGRAM_PAGE_ACCESS_TOKEN"],
      appSecret: ["INSTAGRAM_APP_SECRET"],
      verifyToken: ["INSTAGRAM_VERIFY_TOKEN"],
      accountId: ["INSTAGRAM_ACCOUNT_ID"],
      username: ["INSTAGRAM_USERNAME"],
      password: ["INSTAGRAM_PASSWORD"],
    },
    secrets: ["accessToken", "appSecret", "verifyToken", "password"],
    assumed: ["accessToken", "appSecret", "verifyToken", "accountId", "username", "password"],
  },
  twilio: {
    credentials: [
      needs("Take them from the Twilio Console.", "accountSid", "authToken", "fromNumber"),
      needs("Take them from the Twilio Console.", "accountSid", "authToken", "messagingServiceSid"),
    ],
    env: {
      accountSid: ["TWILIO_ACCOUNT_SID"],
      authToken: ["TWILIO_AUTH_TOKEN"],
      fromNumber: ["TWILIO_PHONE_NUMBER"],
    },
    secrets: ["authToken"],
  },
  github: {
    credentials: [
      needs("Make a fine-grained token at github.com: Settings, Developer settings.", "token"),
      needs("Take them from your GitHub App's settings.", "appId", "privateKey", "installationId"),
    ],
    env: {
      token: ["GITHUB_API_TOKEN", "GITHUB_TOKEN"],
      webhookSecret: ["GITHUB_WEBHOOK_SECRET"],
      appId: ["GITHUB_APP_ID"],
      privateKey: ["GITHUB_APP_PRIVATE_KEY"],
      installationId: ["GITHUB_INSTALLATION_ID"],
      owner: ["GITHUB_OWNER"],
      repo: ["GITHUB_REPO"],
    },
    secrets: ["token", "webhookSecret", "privateKey"],
    assumed: ["token", "webhookSecret", "appId", "privateKey", "installationId", "owner", "repo"],
  },
  "gmail-watch": {
    credentials: [
      needs(
        "Make an OAuth client in the Google Cloud console.",
        "account",
        "clientId",
        "clientSecret",
        "refreshToken",
      ),
      needs(
        "Make a key of your service account in the Google Cloud console.",
        "account",
        "serviceAccountFile",
      ),
      needs("Make a key of your service account in the Google Cloud console.", "account", "serviceAccount"),
    ],
    env: {
      account: ["GMAIL_ACCOUNT"],
      clientId: ["GMAIL_CLIENT_ID"],
      clientSecret: ["GMAIL_CLIENT_SECRET"],
      refreshToken: ["GMAIL_REFRESH_TOKEN"],
    },
    secrets: ["clientSecret", "refreshToken", "serviceAccount", "pushToken"],
    paths: ["serviceAccountFile"],
    assumed: ["GMAIL_ACCOUNT", "GMAIL_CLIENT_ID", "GMAIL_CLIENT_SECRET", "GMAIL_REFRESH_TOKEN"],
  },
} satisfies Readonly<Record<string, ConnectorFacts>>;
