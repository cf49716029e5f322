"use strict";

const page = document.getElementById("swagger-ui");

// An email registers once, and the page's example is to work whenever the page is opened.
const EXAMPLE_EMAIL = "ada@example.com";
const mine = `ada.${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}@example.com`;

const withEmailOfItsOwn = {
  statePlugins: {
    spec: {
      wrapActions: {
        updateSpec: (update) => (text) => update(text.replaceAll(EXAMPLE_EMAIL, mine)),
      },
    },
  },
};

const ui = SwaggerUIBundle({
  url: new URL(page.dataset.document, document.baseURI).href,
  domNode: page,
  plugins: [withEmailOfItsOwn],
  deepLinking: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  // A login from this page logs the page in.
  responseInterceptor(response) {
    if (response.ok && new URL(response.url).pathname.endsWith("/auth/login")) {
      // Not preauthorizeApiKey, which forgets the token when the page is reloaded.
      ui.authActions.authorizeWithPersistOption({
        bearer: {
          name: "bearer",
          schema: ui.specSelectors.specJson().getIn(["components", "securitySchemes", "bearer"]),
          value: response.obj.token,
        },
      });
    }
    return response;
  },
});
