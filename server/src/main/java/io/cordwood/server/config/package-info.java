/** The node's settings: read from flags, environment and file, checked in one place, handed out as records. */
@NullMarked
package io.cordwood.server.config;

import org.jspecify.annotations.NullMarked;
