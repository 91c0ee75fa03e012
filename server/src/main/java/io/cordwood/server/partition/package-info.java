/** What the data services call. */
@NullMarked
package io.cordwood.server.partition;

import org.jspecify.annotations.NullMarked;
