#include "base/base.h"
#include "app/layers.h"
#include "sys/files.h"
#include "sys/thread.h"

#include <fcntl.h>
#include <stdlib.h>

static const struct {
	const char *name, *step;
} place_names[] = {
	[SB_LAYER_APP] = { "app", "layer of the app" },
	[SB_LAYER_PYTHON] = { "python", "layer of packages" },
	[SB_LAYER_STATIC] = { "static", "layer of static files" },
	[SB_LAYER_LAUNCH] = { "launch", "layer of launch files" },
};

static int make_tree(struct sb_layer_work *work, const struct sb_piece_store *pieces, struct sb_error *err)
{
	const struct sb_layers *all = work->all;
	SB_AUTO(sb_ignore) ignore = { 0 };
	SB_AUTO(sb_repo) own = { 0 }; /* a repository serves one thread */
	const char *text = all->plan->ignore ? all->plan->ignore : "";

	if (sb_ignore_parse(&ignore, sb_span_of(text)) < 0)
		return sb_fail(err, SB_ELIMIT, ".slugignore is over %d bytes", SB_IGNORE_MAX);
	if (sb_repo_open_again(&own, all->repo, err) < 0)
		return -1;
	return sb_layer_from_tree(&work->layer, "app", &own, all->tree, &ignore, all->plan->ignore_key,
				  pieces, all->settings, err);
}

static int make_folder(struct sb_layer_work *work, const struct sb_piece_store *pieces, struct sb_error *err)
{
	SB_AUTO_CLOSE int dir = sb_open_dir(AT_FDCWD, work->path, err);
	SB_AUTO(sb_contents) contents = { 0 };

	if (dir >= 0 && work->place == SB_LAYER_PYTHON && work->key &&
	    sb_contents_read(&contents, dir, SB_CONTENTS_BESIDE))
		return sb_layer_from_contents(&work->layer, place_names[work->place].name, dir, &contents,
					      work->key, pieces, work->all->settings, err);
	return dir < 0 ? -1
		       : sb_layer_from_folder(&work->layer, place_names[work->place].name, dir, work->key,
					      pieces, work->all->settings, err);
}

static void *make_layer(void *arg)
{
	struct sb_layer_work *work = arg;
	struct sb_layers *all = work->all;
	size_t step = sb_timing_begin(all->timings, place_names[work->place].step);
	struct sb_piece_store pieces;

	if (sb_store_pieces(&pieces, all->store, &work->err) == 0) {
		pieces.no_cache = all->no_cache;
		pieces.stop = &all->stop;
		work->made = (work->place == SB_LAYER_APP ? make_tree : make_folder)(work, &pieces,
										     &work->err) == 0;
	}
	if (work->made)
		sb_timing_end(all->timings, step, work->layer.reused == work->layer.n, "%zu of %zu pieces made",
			      work->layer.n - work->layer.reused, work->layer.n);
	return NULL;
}

/* Without a thread it is done at once. */
static void begin(struct sb_layers *layers, enum sb_layer_place place)
{
	struct sb_layer_work *work = &layers->work[place];

	work->all = layers;
	work->place = place;
	work->begun = true;
	work->threaded = sb_thread_start(&work->thread, make_layer, work);
	if (!work->threaded)
		make_layer(work);
}

void sb_layers_tree(struct sb_layers *layers)
{
	begin(layers, SB_LAYER_APP);
}

void sb_layers_folder(struct sb_layers *layers, enum sb_layer_place place, const char *path, const char *key)
{
	layers->work[place].path = sb_xstrdup(path);
	layers->work[place].key = key ? sb_xstrdup(key) : NULL;
	begin(layers, place);
}

static void join(struct sb_layer_work *work)
{
	if (work->threaded)
		pthread_join(work->thread, NULL);
	work->threaded = false;
}

int sb_layers_wait(struct sb_layers *layers, struct sb_error *err)
{
	for (size_t i = 0; i < SB_LAYER_PLACES; i++)
		join(&layers->work[i]);
	for (size_t i = 0; i < SB_LAYER_PLACES; i++) {
		struct sb_layer_work *work = &layers->work[i];

		if (!work->begun)
			continue;
		if (!work->made) {
			*err = work->err;
			return sb_wrap(err, "layer %s", place_names[i].name);
		}
		layers->item[layers->n++] = SB_STEAL(work->layer);
	}
	return 0;
}

void sb_layers_release(struct sb_layers *layers)
{
	atomic_store(&layers->stop, true);
	for (size_t i = 0; i < SB_LAYER_PLACES; i++) {
		join(&layers->work[i]);
		sb_layer_release(&layers->work[i].layer);
		free(layers->work[i].path);
		free(layers->work[i].key);
	}
	for (size_t i = 0; i < layers->n; i++)
		sb_layer_release(&layers->item[i]);
	layers->n = 0;
}
