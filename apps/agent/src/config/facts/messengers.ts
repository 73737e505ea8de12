import { type ConnectorFacts, needs } from "./facts.js";

/** Platforms on which people talk with one another. */
export const MESSENGERS = {
  discord: {
    credentials: [
      needs("Take it from the Discord Developer Portal: your application, Bot, Reset Token.", "token"),
      needs("Take it from the Discord Developer Portal: your application, Bot, Reset Token.", "botToken"),
    ],
    env: { token: ["DISCORD_API_TOKEN", "DISCORD_BOT_TOKEN"], applicationId: ["DISCORD_APPLICATION_ID"] },
    secrets: ["token", "botToken", "pluralkit.token"],
  },
  telegram: {
    credentials: [
      needs("Ask @BotFather in Telegram: /newbot, or /mybots and then API Token.", "botToken"),
      needs("It is the path of a file that holds the bot's token.", "tokenFile"),
    ],
    env: { botToken: ["TELEGRAM_BOT_TOKEN"], apiRoot: ["TELEGRAM_API_ROOT"] },
    secrets: ["botToken", "webhookSecret"],
    paths: ["tokenFile"],
  },
  slack: {
    credentials: [
      needs(
        "Take them from api.slack.com/apps: OAuth & Permissions, Basic Information.",
        "botToken",
        "appToken",
      ),
      needs(
        "Take them from api.slack.com/apps: OAuth & Permissions, Basic Information.",
        "botToken",
        "signingSecret",
      ),
    ],
    env: {
      botToken: ["SLACK_BOT_TOKEN"],
      appToken: ["SLACK_APP_TOKEN"],
      userToken: ["SLACK_USER_TOKEN"],
      signingSecret: ["SLACK_SIGNING_SECRET"],
    },
    secrets: ["botToken", "appToken", "userToken", "signingSecret"],
  },
  whatsapp: {
    credentials: [
      needs("The QR code is shown when it starts."),
      needs(
        "Take them from the Meta Developer Dashboard: WhatsApp, API Setup.",
        "accessToken",
        "phoneNumberId",
      ),
    ],
    env: {
      authDir: ["WHATSAPP_AUTH_DIR"],
      accessToken: ["WHATSAPP_ACCESS_TOKEN"],
      phoneNumberId: ["WHATSAPP_PHONE_NUMBER_ID"],
      webhookVerifyToken: ["WHATSAPP_WEBHOOK_VERIFY_TOKEN"],
      businessAccountId: ["WHATSAPP_BUSINESS_ACCOUNT_ID"],
      appSecret: ["WHATSAPP_APP_SECRET"],
      apiVersion: ["WHATSAPP_API_VERSION"],
    },
    secrets: ["accessToken", "webhookVerifyToken", "appSecret"],
    paths: ["authDir"],
  },
  signal: {
    credentials: [
      needs("It is the number that signal-cli is registered with, such as +1234567890.", "account"),
    ],
    env: {
      account: ["SIGNAL_ACCOUNT_NUMBER", "SIGNAL_ACCOUNT"],
      httpUrl: ["SIGNAL_HTTP_URL"],
      cliPath: ["SIGNAL_CLI_PATH"],
      authDir: ["SIGNAL_AUTH_DIR"],
    },
    paths: ["authDir"],
    programs: ["cliPath"],
  },
  imessage: {
    credentials: [needs("Messages on this Mac must be signed in.")],
    env: { cliPath: ["IMESSAGE_CLI_PATH"], dbPath: ["IMESSAGE_DB_PATH"] },
    paths: ["dbPath"],
    programs: ["cliPath"],
  },
  bluebubbles: {
    credentials: [needs("They stand in the BlueBubbles server's settings.", "serverUrl", "password")],
    env: {
      serverUrl: ["BLUEBUBBLES_SERVER_URL"],
      password: ["BLUEBUBBLES_PASSWORD"],
      webhookPath: ["BLUEBUBBLES_WEBHOOK_PATH"],
      webhookSecret: ["BLUEBUBBLES_WEBHOOK_SECRET"],
    },
    secrets: ["password", "webhookSecret"],
  },
  msteams: {
    credentials: [
      needs("Take them from the Azure portal: your bot's app registration.", "appId", "appPassword"),
    ],
    env: {
      appId: ["MSTEAMS_APP_ID"],
      appPassword: ["MSTEAMS_APP_PASSWORD"],
      tenantId: ["MSTEAMS_TENANT_ID"],
    },
    secrets: ["appPassword"],
  },
  googlechat: {
    credentials: [
      needs("Make a key of your service account in the Google Cloud console.", "serviceAccountFile"),
      needs("Make a key of your service account in the Google Cloud console.", "serviceAccount"),
    ],
    env: {
      serviceAccount: ["GOOGLE_CHAT_SERVICE_ACCOUNT", "GOOGLE_CHAT_SERVICE_ACCOUNT_KEY"],
      serviceAccountFile: ["GOOGLE_CHAT_SERVICE_ACCOUNT_FILE", "GOOGLE_APPLICATION_CREDENTIALS"],
      audienceType: ["GOOGLE_CHAT_AUDIENCE_TYPE"],
      audience: ["GOOGLE_CHAT_AUDIENCE"],
      webhookPath: ["GOOGLE_CHAT_WEBHOOK_PATH"],
    },
    secrets: ["serviceAccount"],
    paths: ["serviceAccountFile"],
  },
  mattermost: {
    credentials: [needs("Make a bot account: System Console, Integrations.", "botToken", "baseUrl")],
    env: {
      botToken: ["MATTERMOST_BOT_TOKEN"],
      baseUrl: ["MATTERMOST_BASE_URL", "MATTERMOST_SERVER_URL", "MATTERMOST_URL"],
    },
    secrets: ["botToken"],
  },
  wechat: {
    credentials: [needs("Your WeChat proxy service gives them.", "apiKey", "proxyUrl")],
    env: { apiKey: ["WECHAT_API_KEY"], proxyUrl: ["WECHAT_PROXY_URL"] },
    secrets: ["apiKey"],
    assumed: ["WECHAT_PROXY_URL"],
  },
  matrix: {
    credentials: [
      needs("Sign the bot in once and copy its access token.", "homeserver", "accessToken"),
      needs("It is the password of the bot's account.", "homeserver", "userId", "password"),
    ],
    env: {
      homeserver: ["MATRIX_HOMESERVER"],
      userId: ["MATRIX_USER_ID"],
      accessToken: ["MATRIX_ACCESS_TOKEN"],
      password: ["MATRIX_PASSWORD"],
      deviceId: ["MATRIX_DEVICE_ID"],
    },
    secrets: ["accessToken", "password"],
    assumed: ["MATRIX_PASSWORD"],
  },
  feishu: {
    credentials: [needs("Take them from the Feishu developer console: Credentials.", "appId", "appSecret")],
    env: { appId: ["FEISHU_APP_ID"], appSecret: ["FEISHU_APP_SECRET"], domain: ["FEISHU_DOMAIN"] },
    secrets: ["appSecret", "encryptKey", "verificationToken"],
  },
  line: {
    credentials: [
      needs("Take them from the LINE Developers Console.", "channelAccessToken", "channelSecret"),
      needs("Take them from the LINE Developers Console.", "tokenFile", "secretFile"),
    ],
    env: { channelAccessToken: ["LINE_CHANNEL_ACCESS_TOKEN"], channelSecret: ["LINE_CHANNEL_SECRET"] },
    secrets: ["channelAccessToken", "channelSecret"],
    paths: ["tokenFile", "secretFile"],
  },
  zalo: {
    credentials: [
      needs("Make a bot with the Zalo Bot Platform.", "botToken"),
      needs("Make a bot with the Zalo Bot Platform.", "tokenFile"),
      needs("Take it from developers.zalo.me: your app.", "accessToken"),
      needs("Take them from developers.zalo.me: your app.", "appId", "secretKey", "refreshToken"),
    ],
    env: {
      botToken: ["ZALO_BOT_TOKEN"],
      apiRoot: ["ZALO_API_URL"],
      accessToken: ["ZALO_ACCESS_TOKEN"],
      appId: ["ZALO_APP_ID"],
      secretKey: ["ZALO_SECRET_KEY", "ZALO_APP_SECRET"],
      refreshToken: ["ZALO_REFRESH_TOKEN"],
      proxy: ["ZALO_PROXY_URL"],
    },
    secrets: ["botToken", "accessToken", "secretKey", "refreshToken", "webhookSecret"],
    paths: ["tokenFile"],
    assumed: ["accessToken", "appId", "secretKey", "refreshToken"],
  },
  "nextcloud-talk": {
    credentials: [
      needs("Choose it when you install the bot: occ talk:bot:install.", "baseUrl", "botSecret"),
      needs("Choose it when you install the bot: occ talk:bot:install.", "baseUrl", "botSecretFile"),
    ],
    env: {
      baseUrl: ["NEXTCLOUD_URL"],
      botSecret: ["NEXTCLOUD_BOT_SECRET", "NEXTCLOUD_TALK_BOT_SECRET"],
      apiPassword: ["NEXTCLOUD_TALK_API_PASSWORD"],
    },
    secrets: ["botSecret", "apiPassword"],
    paths: ["botSecretFile", "apiPasswordFile"],
  },
  tlon: {
    credentials: [needs("Your ship shows the code: |code in its dojo.", "ship", "url", "code")],
    env: { ship: ["TLON_SHIP"], url: ["TLON_URL"], code: ["TLON_CODE"] },
    secrets: ["code"],
  },
} satisfies Readonly<Record<string, ConnectorFacts>>;
