/** The Java client: producer, consumer, admin. */
@NullMarked
package io.cordwood.client;

import org.jspecify.annotations.NullMarked;
