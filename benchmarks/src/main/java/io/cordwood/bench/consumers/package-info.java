/** What consumer groups take: commits, members that come and go, records of a key in order. */
@NullMarked
package io.cordwood.bench.consumers;

import org.jspecify.annotations.NullMarked;
