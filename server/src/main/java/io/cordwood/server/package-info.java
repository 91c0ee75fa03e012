/** One node: configuration and the only place where objects are wired. */
@NullMarked
package io.cordwood.server;

import org.jspecify.annotations.NullMarked;
