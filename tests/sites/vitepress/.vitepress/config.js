export default {
  title: "A site",
  cleanUrls: true,
  themeConfig: { nav: [{ text: "Chat", link: "/chat-completion" }] },
};
