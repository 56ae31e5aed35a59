// placeholder, called by nobody
export {};
