/** Whose mini-program and merchant the tests are at WeChat. */
export const appId = 'wx0123456789abcdef'
export const appSecret = 'app-secret-of-tests-only'
export const mchId = '1900000109'
export const apiV3Key = '0123456789abcdef0123456789ABCDEF'
