/** A network between processes of this machine that can be slow, mute or gone. */
@NullMarked
package io.cordwood.chaos.net;

import org.jspecify.annotations.NullMarked;
