export const TOKEN = "4242:BENCH-not-a-real-token";
export const SECRET = "bench-not-a-real-secret";
export const BOT_INFO = {
  id: 4242,
  is_bot: true,
  first_name: "Bench",
  username: "bench_bot",
  can_join_groups: true,
  can_read_all_group_messages: false,
  supports_inline_queries: false,
  can_connect_to_business: false,
  has_main_web_app: false,
};
