/** What it costs writers when a follower is paused, slow or cut off: the program of benchmarks/follower. */
@NullMarked
package io.cordwood.chaos.follower;

import org.jspecify.annotations.NullMarked;
