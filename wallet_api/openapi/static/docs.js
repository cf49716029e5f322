"use strict";

const page = document.getElementById("swagger-ui");

const ui = SwaggerUIBundle({
  url: page.dataset.document,
  domNode: page,
  deepLinking: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  // A login from this page logs the page in.
  responseInterceptor(response) {
    if (response.ok && new URL(response.url).pathname === "/auth/login") {
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
